import type { RequestContext } from '../server-parts.ts';

/** Aborts when the client goes away, or when the reply's reader does. */
export function requestAbort(context: RequestContext): AbortController {
  const controller = new AbortController();
  const { signal } = context.req.raw;
  if (signal.aborted) controller.abort();
  else signal.addEventListener('abort', () => controller.abort(), { once: true });
  return controller;
}
