import type { Socket } from 'node:net';
import { encodeCommand, encodeMessage, readCommand, ZmtpDecoder, type ZmtpMessage } from './frames.ts';
import { GREETING_BYTES, greeting, isUsableGreeting, ready } from './greeting.ts';

/** Longer than any greeting takes, so that connections that say nothing do not stay. */
const GREETING_MS = 10_000;

export interface PeerListener {
  /** A message, or a command about subscriptions, has arrived. */
  received(message: ZmtpMessage): void;
  closed(): void;
}

/** One connection to a socket of ours. */
export class ZmtpPeer {
  readonly #socket: Socket;
  readonly #listener: PeerListener;
  readonly #decoder = new ZmtpDecoder();
  readonly #timer: NodeJS.Timeout;
  #greeting: Buffer | undefined = Buffer.alloc(0);

  constructor(socket: Socket, type: 'PUB' | 'ROUTER', listener: PeerListener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#timer = setTimeout(() => socket.destroy(), GREETING_MS);
    this.#timer.unref();
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    // The close that follows says all.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(this.#timer);
      listener.closed();
    });
    socket.write(greeting());
    socket.write(ready(type));
  }

  /** Bytes that were sent and that the peer has not taken yet. */
  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  send(parts: readonly Uint8Array[]): void {
    this.#socket.write(encodeMessage(parts));
  }

  /** Resolves when the peer has taken what was sent, or has left. */
  drained(): Promise<void> {
    if (!this.#socket.writableNeedDrain || this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      const rest = this.#greeting ? this.#greet(this.#greeting, chunk) : chunk;
      if (rest) for (const message of this.#decoder.push(rest)) this.#take(message);
    } catch {
      this.#socket.destroy();
    }
  }

  /** @returns what follows the greeting; undefined while it is not whole */
  #greet(before: Buffer, chunk: Buffer): Buffer | undefined {
    const bytes = Buffer.concat([before, chunk]);
    if (bytes.length < GREETING_BYTES) {
      this.#greeting = bytes;
      return undefined;
    }
    this.#greeting = undefined;
    clearTimeout(this.#timer);
    if (!isUsableGreeting(bytes)) {
      this.#socket.destroy();
      return undefined;
    }
    return bytes.subarray(GREETING_BYTES);
  }

  #take(message: ZmtpMessage): void {
    const [body] = message.parts;
    const { name, data } = message.isCommand && body ? readCommand(body) : { name: '', data: body };
    // A heartbeat: after the time to live, the reply repeats what it brought.
    if (name === 'PING' && data) this.#socket.write(encodeCommand('PONG', data.subarray(2)));
    else if (name !== 'READY') this.#listener.received(message);
  }
}
