import { OllamaError } from '../../base/errors.ts';
import type { RequestContext } from '../server-parts.ts';
import { isSameOrigin } from './origins.ts';

/** Modes of what a script requests with fetch. Pictures, scripts and styles have "no-cors", and links "navigate". */
const fetchModes = ['cors', 'same-origin'];

/**
 * Refuses browsers, except for what a script of this server's own page requests with fetch. Pages on other ports of this
 * machine are of the same site, but not of the same origin. A link to this server, wherever it is, is a navigation.
 * Programs that are no browsers are not refused.
 * @param what the restricted action, as the beginning of the error message
 * @throws OllamaError `forbidden`
 */
export function requireOwnPage({ req }: RequestContext, what: string): void {
  const site = req.header('Sec-Fetch-Site');
  const origin = req.header('Origin');
  // Browsers name the site of a page only to local addresses and over TLS, and old ones never do.
  if (site === undefined && (origin === undefined || isSameOrigin(origin, req.header('Host')))) return;
  const isFetched =
    fetchModes.includes(req.header('Sec-Fetch-Mode') ?? '') && req.header('Sec-Fetch-Dest') === 'empty';
  if (site === 'same-origin' && isFetched) return;
  throw new OllamaError('forbidden', `${what} for programs and this server's own page only, not for others`);
}
