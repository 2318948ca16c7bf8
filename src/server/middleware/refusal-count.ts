import type { MiddlewareHandler } from 'hono';
import { refusalStatuses } from '../../usage/usage.ts';
import type { ServerEnvironment, ServerParts } from '../server-parts.ts';

/** Counts refused requests, by key if it is known. Whatever refuses a request comes after it. */
export function refusalCount(
  usage: Pick<ServerParts['usage'], 'refused'>,
): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    await next();
    if (refusalStatuses.has(context.res.status)) usage.refused(context.get('key')?.id);
  };
}
