import type { MiddlewareHandler } from 'hono';
import type { KeyBudgets } from '../../access/limits/key-budgets.ts';
import { rateLimited } from '../../access/limits/refusal.ts';
import { limitHeaders } from '../reply/dialect.ts';
import type { RequestContext, ServerEnvironment } from '../server-parts.ts';
import type { RouteScopes } from './key-check.ts';

/** Requests that let a model run are counted; looking at a list is free. */
const COUNTED_SCOPE = 'generate';
/** They keep requests and show replies. The lines of a batch count when they are answered, looking at them is free. */
const uncounted = /^\/v1\/(?:files|batches)(?:\/|$)/;

/** Tells the client in the headers of each reply, refusals among them, how much its key has left. */
export function limitReport(budgets: Pick<KeyBudgets, 'standings'>): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    await next();
    const key = context.get('key');
    if (!key || context.get('isCounted') !== true) return;
    const headers = limitHeaders(context.req.path, budgets.standings(key));
    for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value);
  };
}

/** Counts the request, or refuses it: before anything of its body is read. */
export function requestLimit(
  budgets: Pick<KeyBudgets, 'countRequest'>,
  scopes: RouteScopes,
): MiddlewareHandler<ServerEnvironment> {
  return (context, next) => {
    const { method, path } = context.req;
    if (scopes.get(method) === COUNTED_SCOPE && !uncounted.test(path)) countRequest(context, budgets);
    return next();
  };
}

/**
 * Counts a request that lets a model run.
 * @throws OllamaError `rate-limited` for a request above a limit of its key
 */
export function countRequest(context: RequestContext, budgets: Pick<KeyBudgets, 'countRequest'>): void {
  const key = context.get('key');
  if (!key) return;
  context.set('isCounted', true);
  const refusal = budgets.countRequest(key);
  if (refusal) throw rateLimited(key.name, refusal);
}
