import type { RequestContext } from '../server-parts.ts';

/** Aborts when the client disconnects or when the response stream is cancelled. */
export function requestAbort(context: RequestContext): AbortController {
  const controller = new AbortController();
  const { signal } = context.req.raw;
  if (signal.aborted) controller.abort();
  else signal.addEventListener('abort', () => controller.abort(), { once: true });
  return controller;
}
