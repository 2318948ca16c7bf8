import type { ServerResponse } from 'node:http';
import type { Logger } from '../../base/logger.ts';
import { clientAddress } from '../listening/arrivals.ts';

/**
 * A client that takes no byte of its reply for this long has forgotten it, and would keep its connection and the unread
 * text for ever. Long enough for a program that a person has stopped with Ctrl-Z for a while.
 */
export const STALLED_REPLY_MS = 15 * 60_000;
const LOOK_MS = 30_000;

interface Progress {
  /** Bytes that the system has taken from us. */
  readonly taken: number;
  readonly since: number;
}

/** Cuts off replies that their clients do not read. */
export class StalledReplies {
  readonly #running: ReadonlySet<ServerResponse>;
  readonly #logger: Logger;
  #progress = new Map<ServerResponse, Progress>();

  constructor(running: ReadonlySet<ServerResponse>, logger: Logger) {
    this.#running = running;
    this.#logger = logger;
  }

  /** Looks regularly. @returns stops it */
  watch(): () => void {
    const timer = setInterval(() => this.look(performance.now()), LOOK_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  /** @param now milliseconds */
  look(now: number): void {
    const progress = new Map<ServerResponse, Progress>();
    for (const reply of this.#running) {
      const { socket } = reply;
      if (!socket || socket.writableLength === 0) continue;
      const taken = socket.bytesWritten - socket.writableLength;
      const known = this.#progress.get(reply);
      const since = known?.taken === taken ? known.since : now;
      if (now - since >= STALLED_REPLY_MS) {
        this.#logger.info('reply cut off, because its client has read nothing', {
          client: clientAddress(socket),
          milliseconds: Math.round(now - since),
        });
        socket.destroy();
      } else progress.set(reply, { taken, since });
    }
    this.#progress = progress;
  }
}
