/** What a browser says about a request in the headers Sec-Fetch-…, which no page can change. */
import type { MiddlewareHandler } from 'hono';
import { OllamaError } from '../../base/errors.ts';
import { dialectError } from '../reply/dialect.ts';
import type { RequestContext, ServerEnvironment } from '../server-parts.ts';

const foreignSites = ['cross-site', 'same-site'];

/**
 * Refuses what pages of other sites, and of other ports of this machine, request without an Origin: images, scripts, frames
 * and requests whose answer the page may not read. To follow a link to an address that shows something is allowed.
 * Requests with an Origin are the business of `originCheck`, which comes first.
 * @param settings read at every request; the origin `*` allows all pages
 */
export function fetchSiteCheck(settings: {
  readonly origins: readonly string[];
}): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const isForeign = foreignSites.includes(context.req.header('Sec-Fetch-Site') ?? '');
    if (!isForeign || context.req.header('Origin') !== undefined) return next();
    if (settings.origins.includes('*') || isNavigation(context)) return next();
    const message =
      'requests of other web pages need an allowed origin: let the page use fetch in its mode "cors", and add its origin to OLLAMA_ORIGINS';
    return dialectError(context, new OllamaError('forbidden', message));
  };
}

/** Whether the browser opens the address as a page, in a tab of its own. */
function isNavigation({ req }: RequestContext): boolean {
  const isPage = req.header('Sec-Fetch-Mode') === 'navigate' && req.header('Sec-Fetch-Dest') === 'document';
  return isPage && (req.method === 'GET' || req.method === 'HEAD');
}

/**
 * For routes that do work for a GET: a page makes a browser request them with a link, a redirect or an image.
 * @param what the work, as the beginning of the error message
 * @throws OllamaError `forbidden` for requests of browsers
 */
export function refuseBrowsers({ req }: RequestContext, what: string): void {
  // Only browsers name the site. Other programs send Sec-Fetch-Mode too, for example Node's fetch.
  if (req.header('Sec-Fetch-Site') === undefined) return;
  throw new OllamaError('forbidden', `${what} for programs only, not for web browsers`);
}
