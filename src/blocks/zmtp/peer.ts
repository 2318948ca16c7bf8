import type { Socket } from 'node:net';
import { encodeCommand, encodeMessage, readCommand, ZmtpDecoder, type ZmtpMessage } from './frames.ts';
import { GREETING_BYTES, greeting, isUsableGreeting, ready } from './greeting.ts';

/** Longer than any greeting takes, so that connections that say nothing, or only half of it, do not stay. */
const HANDSHAKE_MS = 10_000;
/** Silence after which the system asks whether the other machine is still there. */
const KEEP_ALIVE_MS = 60_000;
/** What a heartbeat may bring along, by the protocol. */
const MOST_CONTEXT_BYTES = 16;
/** Bytes of the time to live before it. */
const TTL_BYTES = 2;

export interface PeerListener {
  /** A message, or a command about subscriptions, has arrived. */
  received(message: ZmtpMessage): void;
  closed(): void;
}

/** One connection to a socket of ours: greeting, the command READY, then messages. */
export class ZmtpPeer {
  readonly #socket: Socket;
  readonly #listener: PeerListener;
  readonly #decoder = new ZmtpDecoder();
  readonly #timer: NodeJS.Timeout;
  #greeting: Buffer | undefined = Buffer.alloc(0);
  #isReady = false;

  constructor(socket: Socket, type: 'PUB' | 'ROUTER', listener: PeerListener, handshakeMs = HANDSHAKE_MS) {
    this.#socket = socket;
    this.#listener = listener;
    this.#timer = setTimeout(() => socket.destroy(), handshakeMs);
    this.#timer.unref();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
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
    this.write(encodeMessage(parts));
  }

  /** @param message as `encodeMessage` returns it, so that one copy serves all peers */
  write(message: Buffer): void {
    this.#socket.write(message);
  }

  /** Resolves when the peer has taken what was sent, or has left; one that takes nothing for so long is closed. */
  drained(stallMs: number): Promise<void> {
    if (!this.#socket.writableNeedDrain || this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.close(), stallMs);
      timer.unref();
      const done = () => {
        clearTimeout(timer);
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
    if (!isUsableGreeting(bytes)) {
      this.#socket.destroy();
      return undefined;
    }
    return bytes.subarray(GREETING_BYTES);
  }

  #take(message: ZmtpMessage): void {
    const [body] = message.parts;
    const { name, data } = message.isCommand && body ? readCommand(body) : { name: '', data: body };
    if (name === 'READY') {
      this.#isReady = true;
      clearTimeout(this.#timer);
    } else if (!this.#isReady) this.close();
    else if (name === 'PING' && data) this.#pong(data);
    else this.#listener.received(message);
  }

  /** The reply to a heartbeat repeats what follows its time to live. A peer that reads no replies gets no more of them. */
  #pong(data: Buffer): void {
    const context = data.subarray(TTL_BYTES);
    if (context.length > MOST_CONTEXT_BYTES) this.close();
    else if (!this.#socket.writableNeedDrain) this.#socket.write(encodeCommand('PONG', context));
  }
}
