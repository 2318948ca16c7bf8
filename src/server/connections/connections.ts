import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../../base/logger.ts';
import type { ConnectionBounds } from './descriptor-limit.ts';

/** A flood of clients must not flood the log. */
const REPORT_INTERVAL_MS = 60_000;

const refusalBody = JSON.stringify({ error: 'the server has too many connections, try again later' });
/** Written to the socket before any request is read, so that refusing costs next to nothing. */
const REFUSAL = [
  'HTTP/1.1 503 Service Unavailable',
  'Connection: close',
  'Retry-After: 1',
  'Content-Type: application/json; charset=utf-8',
  `Content-Length: ${Buffer.byteLength(refusalBody)}`,
  '',
  refusalBody,
].join('\r\n');

/**
 * The open connections of a server, and those among them that have no request in progress. Clients open connections in
 * advance and keep them, and some never send anything, so the oldest of these are closed when there are too many.
 */
export class Connections {
  readonly #bounds: ConnectionBounds;
  readonly #logger: Logger;
  readonly #open = new Set<Socket>();
  /** Oldest first. */
  readonly #waiting = new Set<Socket>();
  /** The requests in progress, oldest first, by their connections. */
  readonly #working = new Map<Socket, IncomingMessage>();
  #isEnding = false;
  #lastReport = Number.NEGATIVE_INFINITY;
  /** When the last connection was accepted, by `performance.now()`. */
  lastAcceptedAt = Number.NEGATIVE_INFINITY;

  constructor(bounds: ConnectionBounds, logger: Logger) {
    this.#bounds = bounds;
    this.#logger = logger;
  }

  get count(): number {
    return this.#open.size;
  }

  /**
   * Must be called with each accepted connection.
   * @param state of one that speaks TLS: it cannot take a reply yet, and `replace` follows
   */
  add(socket: Socket, state: 'ready' | 'in handshake' = 'ready'): void {
    this.lastAcceptedAt = performance.now();
    this.#keep(socket);
    const { connections } = this.#bounds;
    if (this.#open.size > connections && !this.#closeOldest()) {
      this.#report('too many connections; a new one is refused', { connections });
      if (state === 'ready') socket.write(REFUSAL);
      socket.destroySoon();
      return;
    }
    this.wait(socket);
  }

  /** Must be called after the handshake of TLS. @param before absent if it has been closed meanwhile */
  replace(before: Socket | undefined, socket: Socket): void {
    if (before) {
      this.#open.delete(before);
      this.#waiting.delete(before);
    }
    this.#keep(socket);
    this.wait(socket);
  }

  /** Cuts off all connections, those in a handshake too. */
  closeAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#waiting.delete(socket);
      this.#working.delete(socket);
    });
  }

  /** Must be called when a request begins. */
  work(incoming: IncomingMessage): void {
    this.#waiting.delete(incoming.socket);
    this.#working.set(incoming.socket, incoming);
  }

  /** Must be called when a connection has no request left. */
  wait(socket: Socket): void {
    this.#working.delete(socket);
    if (this.#isEnding) {
      socket.end();
      return;
    }
    this.#waiting.add(socket);
    if (this.#waiting.size > this.#bounds.waiting) this.#closeOldest();
  }

  /** Ends our side of every connection as soon as it has no request in progress. */
  endWaiting(): void {
    this.#isEnding = true;
    for (const socket of this.#waiting) socket.end();
  }

  /** Must be called when the system cannot accept a connection, for example because no more files can be opened. */
  failed(error: Error): void {
    this.#closeOldest();
    this.#report('unable to accept a connection; the server continues', { error: error.message });
  }

  /** A body that arrives byte by byte keeps its connection only while there is room. */
  #closeOldest(): boolean {
    const [oldest = this.#oldestSending()] = this.#waiting;
    if (!oldest) return false;
    this.#waiting.delete(oldest);
    this.#working.delete(oldest);
    // Removed at once, because a burst of connections arrives before the first "close" event.
    this.#open.delete(oldest);
    oldest.destroy();
    return true;
  }

  /** The connection whose request has waited longest for the rest of its body. */
  #oldestSending(): Socket | undefined {
    for (const [socket, { complete }] of this.#working) if (!complete) return socket;
    return undefined;
  }

  #report(message: string, fields: Record<string, unknown>): void {
    const now = performance.now();
    if (now - this.#lastReport < REPORT_INTERVAL_MS) return;
    this.#lastReport = now;
    this.#logger.warn(message, fields);
  }
}
