/** How the server stops: nobody new comes in, those who are in may finish for a while, then they are told and cut off. */
import { setTimeout as pause } from 'node:timers/promises';
import type { MiddlewareHandler } from 'hono';
import { OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { dialectError } from './reply/dialect.ts';
import type { ServerEnvironment } from './server-parts.ts';

/** Between two looks at the running requests. */
const LOOK_MS = 25;

export interface ShutdownParts {
  readonly scheduler: Pick<Scheduler, 'refuse' | 'running' | 'close'>;
  readonly logger: Logger;
}

export class Shutdown {
  readonly #parts: ShutdownParts;
  #hasBegun = false;

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** New requests on connections that are still open get 503, and the connection ends. */
  readonly middleware: MiddlewareHandler<ServerEnvironment> = async (context, next) => {
    if (!this.#hasBegun) return next();
    const reply = dialectError(context.req.path, new OllamaError('busy', 'server is shutting down'));
    reply.headers.set('Connection', 'close');
    return reply;
  };

  /** Resolves when every runner is gone. @param graceMs for running requests; Infinity = until they end */
  async run(graceMs: number): Promise<void> {
    const { scheduler, logger } = this.#parts;
    this.#hasBegun = true;
    scheduler.refuse();
    const running = this.#activeRequests();
    if (running > 0)
      logger.info('waiting for running requests', { requests: running, milliseconds: graceMs });
    const deadline = performance.now() + graceMs;
    while (this.#activeRequests() > 0 && performance.now() < deadline) await pause(LOOK_MS);
    const cut = this.#activeRequests();
    if (cut > 0) logger.warn('ending requests that still run', { requests: cut });
    await scheduler.close();
  }

  #activeRequests(): number {
    return this.#parts.scheduler.running().reduce((sum, { activeRequests }) => sum + activeRequests, 0);
  }
}
