/**
 * Shuts the server down: it is announced first, so that a load balancer sends its requests elsewhere. Then new requests
 * are refused, and those that came before may finish for a while: a load balancer may have sent them within the time that it
 * was given, and most of them do not try again. The rest are ended.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { MiddlewareHandler } from 'hono';
import { OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { dialectError } from './reply/dialect.ts';
import type { ServerEnvironment } from './server-parts.ts';

/** Where proxies and managers of containers look. */
const healthPaths: readonly string[] = ['/health', '/v1/health', '/ping'];
/** Polling interval for running and waiting requests. */
const LOOK_MS = 25;

export interface ShutdownParts {
  readonly scheduler: Pick<Scheduler, 'windDown' | 'running' | 'waiting' | 'close'>;
  readonly logger: Logger;
}

export class Shutdown {
  readonly #parts: ShutdownParts;
  #hasBegun = false;
  #refuses = false;

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
  }

  /** From the announcement on. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether new requests get 503. */
  get refuses(): boolean {
    return this.#refuses;
  }

  /** Makes `/health` answer 503. Requests are served as before. */
  announce(): void {
    this.#hasBegun = true;
  }

  /**
   * Answers new requests on open connections with 503 and closes the connection. Health checks say why themselves, and
   * that the process lives is true to its end: a manager of containers would kill one that denies it.
   */
  readonly middleware: MiddlewareHandler<ServerEnvironment> = async (context, next) => {
    if (!this.#refuses || healthPaths.includes(context.req.path)) return next();
    const reply = dialectError(context, new OllamaError('busy', 'server is shutting down'));
    reply.headers.set('Connection', 'close');
    return reply;
  };

  /** Resolves when every runner has exited. @param graceMs time for running and waiting requests; Infinity waits until they end */
  async run(graceMs: number): Promise<void> {
    const { scheduler, logger } = this.#parts;
    this.#hasBegun = true;
    this.#refuses = true;
    scheduler.windDown();
    const unfinished = this.#unfinishedRequests();
    if (unfinished > 0)
      logger.info('waiting for unfinished requests', { requests: unfinished, milliseconds: graceMs });
    const deadline = performance.now() + graceMs;
    while (this.#unfinishedRequests() > 0 && performance.now() < deadline) await pause(LOOK_MS);
    const cut = this.#unfinishedRequests();
    if (cut > 0)
      logger.warn('the shutdown timeout has passed; ending the remaining requests', { requests: cut });
    await scheduler.close();
  }

  #unfinishedRequests(): number {
    const { scheduler } = this.#parts;
    const waiting = scheduler.waiting().length;
    return scheduler.running().reduce((sum, { activeRequests }) => sum + activeRequests, waiting);
  }
}
