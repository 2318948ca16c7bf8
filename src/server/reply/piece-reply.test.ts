import { createServer, get, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { changedPieces, type PieceSource, pieceReply, sendPieces } from './piece-reply.ts';

const headers = { 'Content-Type': 'text/plain', 'Transfer-Encoding': 'chunked' };

interface Watched extends PieceSource {
  canceled: number;
  made: number;
}

function sourceOf(pieces: readonly string[], more: Partial<PieceSource> = {}): Watched {
  const source: Watched = {
    canceled: 0,
    made: 0,
    next: () => Promise.resolve(pieces[source.made++]),
    cancel: async () => {
      source.canceled++;
    },
    ...more,
  };
  return source;
}

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(reply: () => Response): Promise<number> {
  const listening = createServer((_, outgoing: ServerResponse) => {
    if (!sendPieces(reply(), outgoing)) outgoing.writeHead(500).end();
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return (listening.address() as AddressInfo).port;
}

/** Sends a bare request and returns all that the server sends until it closes the connection. */
async function rawReply(port: number): Promise<string[]> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const parts: string[] = [];
  for await (const part of socket) parts.push(String(part));
  return parts;
}

describe('a reply of pieces', () => {
  it('has the bytes of its pieces, each as a chunk, and is sent at once if they are there', async () => {
    const port = await serve(() => pieceReply(sourceOf(['one\n', 'zwölf ✓\n', '']), { headers }));
    const parts = await rawReply(port);
    expect(parts).toHaveLength(1);
    const [, body] = (parts[0] ?? '').split('\r\n\r\n4\r\n');
    expect(body).toBe('one\n\r\nb\r\nzwölf ✓\n\r\n0\r\n\r\n');
  });

  it('is the same for whoever reads it as a web stream, which is then not sent', async () => {
    const reply = pieceReply(sourceOf(['one\n', 'two\n']), { headers });
    const changed = changedPieces(reply, (piece) => piece.toUpperCase());
    expect(await changed?.text()).toBe('ONE\nTWO\n');
    expect(changed && sendPieces(changed, {} as ServerResponse)).toBe(false);
    expect(changedPieces(new Response('text'), (piece) => piece)).toBeUndefined();
  });

  it('is empty if there are no pieces', async () => {
    const port = await serve(() => pieceReply(sourceOf([]), { headers }));
    expect((await rawReply(port)).join('')).toMatch(/\r\n\r\n0\r\n\r\n$/);
  });

  it('is kept alive during silence, on the connection and as a stream', async () => {
    const slow = () => {
      const keepAlive = { piece: ':', milliseconds: 20 };
      const next = async () => {
        if (source.made++ > 0) return undefined;
        await pause(110);
        return 'end';
      };
      const source = sourceOf([], { keepAlive, next });
      return pieceReply(source, { headers });
    };
    const port = await serve(slow);
    const text = await new Promise<string>((resolve) => {
      get({ port, host: '127.0.0.1' }, (incoming) => {
        let received = '';
        incoming.on('data', (part) => (received += part)).on('end', () => resolve(received));
      });
    });
    expect(text).toMatch(/^:+end$/);
    expect(await slow().text()).toMatch(/^:+end$/);
  });

  it('is made no faster than its client reads, and ended when the client leaves', async () => {
    const piece = 'x'.repeat(64 * 1024);
    const source = sourceOf([], { next: () => Promise.resolve(source.made++ < 10_000 ? piece : undefined) });
    const port = await serve(() => pieceReply(source, { headers }));
    const socket = connect(port, '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    // The buffers of both sockets are full when nothing more is made.
    let made = 0;
    const grown = () => source.made - made;
    for (; made === 0 || grown() > 0; await pause(100)) made += grown();
    expect(made).toBeLessThan(1000);
    socket.destroy();
    await expect.poll(() => source.canceled).toBe(1);
  });

  it('is ended when the client has left before the first piece', async () => {
    const source = sourceOf(['a', 'b']);
    let hasSent: boolean | undefined;
    const listening = createServer((_, outgoing: ServerResponse) => {
      outgoing.once('close', () => {
        hasSent = sendPieces(pieceReply(source, { headers }), outgoing);
      });
    });
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const socket = connect((listening.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n', () => socket.destroy());
    await expect.poll(() => hasSent).toBe(true);
    expect(source).toMatchObject({ canceled: 1, made: 0 });
  });

  it('does not end the server when its source cannot be ended', async () => {
    let asked = 0;
    const cancel = () => {
      asked++;
      return Promise.reject(new Error('cannot be removed'));
    };
    let made = 0;
    const next = async () => {
      made++;
      return asked === 0 ? 'x'.repeat(64 * 1024) : undefined;
    };
    const port = await serve(() => pieceReply(sourceOf([], { next, cancel }), { headers }));
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    try {
      const socket = connect(port, '127.0.0.1').pause();
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await expect.poll(() => made).toBeGreaterThan(0);
      socket.destroy();
      await expect.poll(() => asked).toBe(1);
      await pause(10);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', listener);
    }
  });

  it('is not sent by a server that would not write it in chunks', () => {
    const socket = {} as NonNullable<ServerResponse['socket']>;
    expect(sendPieces(pieceReply(sourceOf(['a']), {}), { socket } as ServerResponse)).toBe(false);
  });
});
