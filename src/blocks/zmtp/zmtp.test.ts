/** Our sockets, used by libzmq. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Dealer, Request, Subscriber } from 'zeromq';
import { encodeCommand, encodeMessage, ZmtpDecoder, type ZmtpMessage } from './frames.ts';
import { GREETING_BYTES, greeting, ready } from './greeting.ts';
import { ZmtpPeer } from './peer.ts';
import { ZmtpPublisher } from './publisher.ts';
import { ZmtpReplier } from './replier.ts';

const open: { close(): void }[] = [];
const kept = <T extends { close(): void }>(one: T): T => {
  open.push(one);
  return one;
};
afterEach(() => {
  vi.useRealTimers();
  for (const one of open.splice(0).reverse()) one.close();
});

// Port 0 stands for any free one, which only tests want.
const anyPort = 'tcp://127.0.0.1:0';
const publisherOf = async () => kept(await ZmtpPublisher.open(anyPort));

async function subscriberOf(publisher: ZmtpPublisher, ...topics: string[]): Promise<Subscriber> {
  const subscriber = kept(new Subscriber());
  subscriber.connect(`tcp://127.0.0.1:${publisher.port}`);
  subscriber.subscribe(...topics);
  // A subscription is sent when the connection stands; what is published before is lost, as in ZeroMQ.
  for (let received = false; !received; ) {
    for (const topic of topics) publisher.send([Buffer.from(`${topic}hello`)]);
    subscriber.receiveTimeout = 50;
    received = await subscriber.receive().then(
      () => true,
      () => false,
    );
  }
  subscriber.receiveTimeout = -1;
  return subscriber;
}

/** The next message after those of `subscriberOf`. */
async function next(subscriber: Subscriber): Promise<string[]> {
  for (;;) {
    const parts = await subscriber.receive();
    if (!parts[0]?.toString().endsWith('hello')) return parts.map(String);
  }
}

describe('ZmtpPublisher', () => {
  it('sends messages of several parts, of any length, to those who subscribed to the beginning of the topic', async () => {
    const publisher = await publisherOf();
    const all = await subscriberOf(publisher, '');
    const one = await subscriberOf(publisher, 'kv@a', 'x');
    const long = 'é'.repeat(100_000);
    for (const topic of ['kv@b', 'kv@ab', 'xyz'])
      publisher.send([Buffer.from(topic), Buffer.alloc(0), Buffer.from(long)]);
    for (const topic of ['kv@b', 'kv@ab', 'xyz']) expect(await next(all)).toEqual([topic, '', long]);
    for (const topic of ['kv@ab', 'xyz']) expect(await next(one)).toEqual([topic, '', long]);
  });

  it('sends nothing more of a topic whose subscription was taken back', async () => {
    const publisher = await publisherOf();
    const subscriber = await subscriberOf(publisher, 'a', 'b');
    subscriber.unsubscribe('a');
    // The publisher is told by and by; until then it sends both.
    for (let topic = ''; topic !== 'b'; ) {
      publisher.send([Buffer.from('a')]);
      publisher.send([Buffer.from('b')]);
      topic = (await next(subscriber))[0] ?? '';
    }
    expect(publisher.skipped).toBe(0);
  });

  it('skips a reader that does not read, and never waits for it', async () => {
    const publisher = await publisherOf();
    const socket = connect(publisher.port, '127.0.0.1');
    kept({ close: () => socket.destroy() });
    socket.pause();
    socket.write(Buffer.concat([greeting(), ready('PUB'), encodeMessage([Buffer.of(1)])]));
    const part = Buffer.alloc(1_000_000);
    // Buffers of the system take some of it, how much depends on the machine.
    for (let sent = 0; publisher.skipped === 0 && sent < 1000; sent++) {
      publisher.send([Buffer.from('t'), part]);
      await pause(1);
    }
    expect(publisher.skipped).toBeGreaterThan(0);
  });

  it('closes connections that say something else, or too much', async () => {
    const publisher = await publisherOf();
    const huge = Buffer.from([2, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n'.padEnd(GREETING_BYTES)),
      Buffer.concat([greeting(), ready('PUB'), huge]),
    ]) {
      const socket = connect(publisher.port, '127.0.0.1');
      socket.resume();
      socket.write(bytes);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect(
      await next(
        await subscriberOf(publisher, '').then(async (one) => {
          publisher.send([Buffer.from('still there')]);
          return one;
        }),
      ),
    ).toEqual(['still there']);
  });
});

describe('ZmtpPeer', () => {
  /** A connection to a peer of ours that waits so long for the other side, and what was written to it. */
  async function connection(handshakeMs: number) {
    const messages: ZmtpMessage[] = [];
    const peers: ZmtpPeer[] = [];
    const listener = { received: (message: ZmtpMessage) => messages.push(message), closed: () => undefined };
    const server = createServer((socket) => peers.push(new ZmtpPeer(socket, 'PUB', listener, handshakeMs)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const socket = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
    kept({ close: () => server.close() });
    kept({ close: () => socket.destroy() });
    await once(socket, 'connect');
    return { socket, messages, peers };
  }
  const closed = (socket: Socket) => {
    socket.resume();
    return once(socket, 'close');
  };

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half a greeting', greeting().subarray(0, 30)],
    ['a greeting and no more', greeting()],
    ['half of the command that follows', Buffer.concat([greeting(), ready('PUB').subarray(0, 5)])],
  ])('does not keep a connection that says %s', async (_, said) => {
    const { socket } = await connection(20);
    socket.write(said);
    await closed(socket);
  });

  it('keeps one that has said who it is, and answers its heartbeats', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { socket, peers } = await connection(1000);
    socket.write(Buffer.concat([greeting(), ready('PUB'), encodeCommand('PING', Buffer.from('\0\0abc'))]));
    let heard = Buffer.alloc(0);
    while (!heard.includes('PONGabc')) heard = Buffer.concat([heard, (await once(socket, 'data'))[0]]);
    vi.advanceTimersByTime(2000);
    expect(peers.map(({ isClosed }) => isClosed)).toEqual([false]);
  });

  it('closes those that send messages before they have said who they are, or long heartbeats', async () => {
    const long = encodeCommand('PING', Buffer.alloc(19));
    for (const said of [encodeMessage([Buffer.of(1)]), Buffer.concat([ready('PUB'), long])]) {
      const { socket, messages } = await connection(60_000);
      socket.write(Buffer.concat([greeting(), said]));
      await closed(socket);
      expect(messages).toEqual([]);
    }
  });

  it('keeps no replies for a peer that sends heartbeats and reads none of them', async () => {
    const { socket, peers } = await connection(60_000);
    socket.pause();
    socket.write(Buffer.concat([greeting(), ready('PUB')]));
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => encodeCommand('PING', Buffer.alloc(18))));
    // Far more than the buffers of the system hold.
    for (let count = 0; count < 100; count++) if (!socket.write(many)) await once(socket, 'drain');
    expect(peers[0]?.waitingBytes).toBeLessThan(1_000_000);
  });

  it('closes one that takes nothing of what it waits for', async () => {
    const { socket, peers } = await connection(60_000);
    socket.pause();
    socket.write(Buffer.concat([greeting(), ready('PUB')]));
    peers[0]?.write(Buffer.alloc(30_000_000));
    await peers[0]?.drained(20);
    expect(peers[0]?.isClosed).toBe(true);
  });
});

describe('ZmtpReplier', () => {
  const answer = (parts: readonly Buffer[]) =>
    parts[0]?.length === 1 ? [[Buffer.from('one'), ...parts], [Buffer.from('end')]] : undefined;

  it('answers DEALER sockets with any number of messages', async () => {
    const replier = kept(await ZmtpReplier.open(anyPort, answer));
    const dealer = kept(new Dealer());
    dealer.connect(`tcp://127.0.0.1:${replier.port}`);
    for (let round = 0; round < 3; round++) {
      await dealer.send(['', 'x']);
      expect((await dealer.receive()).map(String)).toEqual(['', 'one', 'x']);
      expect((await dealer.receive()).map(String)).toEqual(['', 'end']);
    }
  });

  it('answers REQ sockets, and nothing to what it does not understand', async () => {
    const replier = kept(await ZmtpReplier.open(anyPort, answer));
    const request = kept(new Request());
    request.connect(`tcp://127.0.0.1:${replier.port}`);
    await request.send('x');
    expect((await request.receive()).map(String)).toEqual(['one', 'x']);
    const odd = kept(new Dealer({ receiveTimeout: 100 }));
    odd.connect(`tcp://127.0.0.1:${replier.port}`);
    await odd.send(['', 'not understood']);
    await odd.send(['no envelope', 'x']);
    await expect(odd.receive()).rejects.toThrow();
  });
});

describe('ZmtpDecoder', () => {
  it('finds messages wherever what arrives is cut', () => {
    const sent = [['a', '', 'b'.repeat(300)], ['c'], ['d'.repeat(255), 'e'.repeat(256)]];
    const bytes = Buffer.concat(sent.map((parts) => encodeMessage(parts.map((part) => Buffer.from(part)))));
    for (const size of [1, 2, 7, 100, bytes.length]) {
      const decoder = new ZmtpDecoder();
      const found: ZmtpMessage[] = [];
      for (let at = 0; at < bytes.length; at += size)
        found.push(...decoder.push(bytes.subarray(at, at + size)));
      expect(found.map(({ parts }) => parts.map(String))).toEqual(sent);
    }
  });
});
