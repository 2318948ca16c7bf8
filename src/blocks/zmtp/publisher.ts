import type { Server } from 'node:net';
import { MIB } from '../../base/units.ts';
import { encodeMessage, readCommand, type ZmtpMessage } from './frames.ts';
import { listenAt } from './listen.ts';
import { ZmtpPeer } from './peer.ts';

/** More than minutes of events. A reader that is so far behind loses some, and finds out by their numbers. */
const MOST_WAITING_BYTES = 16 * MIB;
/** What all readers together may leave unread, each an equal part of it. */
const MOST_WAITING_BYTES_OF_ALL = 128 * MIB;
/** Topics that one reader may name. */
const MOST_SUBSCRIPTIONS = 256;

const SUBSCRIBE = 1;
const CANCEL = 0;

interface Subscriber {
  readonly peer: ZmtpPeer;
  /** Beginnings of topics, one character a byte. */
  readonly prefixes: string[];
}

/** A PUB socket: everyone who subscribed gets each message, unless they are too slow for it. */
export class ZmtpPublisher {
  readonly #subscribers = new Set<Subscriber>();
  readonly #server: Server;
  /** Messages that a reader was too slow for, each once for each reader. */
  skipped = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws as `listenAt` */
  static async open(address: string): Promise<ZmtpPublisher> {
    const server = await listenAt(address, (socket) => {
      const subscriber: Subscriber = {
        peer: new ZmtpPeer(socket, 'PUB', {
          received: (message) => subscribe(subscriber, message),
          closed: () => publisher.#subscribers.delete(subscriber),
        }),
        prefixes: [],
      };
      publisher.#subscribers.add(subscriber);
    });
    const publisher = new ZmtpPublisher(server);
    return publisher;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Never waits. */
  send(parts: readonly [topic: Buffer, ...others: Buffer[]]): void {
    const topic = parts[0].toString('latin1');
    const most = Math.min(MOST_WAITING_BYTES, MOST_WAITING_BYTES_OF_ALL / this.#subscribers.size);
    let encoded: Buffer | undefined;
    for (const { peer, prefixes } of this.#subscribers) {
      if (!prefixes.some((prefix) => topic.startsWith(prefix))) continue;
      if (peer.waitingBytes > most) this.skipped++;
      else {
        encoded ??= encodeMessage(parts);
        peer.write(encoded);
      }
    }
  }

  close(): void {
    this.#server.close();
    for (const { peer } of this.#subscribers) peer.close();
  }
}

/** Peers of version 3.0 subscribe by messages, those of 3.1 may do so by commands. */
function subscribe({ prefixes, peer }: Subscriber, { isCommand, parts }: ZmtpMessage): void {
  const [body] = parts;
  if (!body) return;
  const { name, data } = isCommand ? readCommand(body) : { name: wordOf(body[0]), data: body.subarray(1) };
  const prefix = data.toString('latin1');
  if (name === 'SUBSCRIBE') {
    prefixes.push(prefix);
    if (prefixes.length > MOST_SUBSCRIPTIONS) peer.close();
  }
  const index = name === 'CANCEL' ? prefixes.indexOf(prefix) : -1;
  if (index >= 0) prefixes.splice(index, 1);
}

function wordOf(byte: number | undefined): string {
  if (byte === SUBSCRIBE) return 'SUBSCRIBE';
  return byte === CANCEL ? 'CANCEL' : '';
}
