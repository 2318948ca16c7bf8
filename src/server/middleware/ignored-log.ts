import type { MiddlewareHandler } from 'hono';
import type { Logger } from '../../base/logger.ts';
import type { ServerEnvironment } from '../server-parts.ts';

/** Invented field names from clients must not fill the memory. */
const MAX_REMEMBERED = 1000;

/** Logs each ignored request field once, so that mistakes of clients are noticed. */
export function ignoredLog(logger: Logger): MiddlewareHandler<ServerEnvironment> {
  const known = new Set<string>();
  return async (context, next) => {
    await next();
    const names = context.res.headers.get('X-Ollama-Ignored')?.split(', ') ?? [];
    const { path } = context.req;
    const fresh = names.filter((name) => !known.has(`${path} ${name}`));
    if (fresh.length === 0 || known.size >= MAX_REMEMBERED) return;
    for (const name of fresh) known.add(`${path} ${name}`);
    logger.warn('ignored request fields that have no effect', { path, fields: fresh });
  };
}
