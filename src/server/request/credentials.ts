import type { RequestContext } from '../server-parts.ts';

/**
 * The keys that a request presents: `Authorization: Bearer KEY`, the password of `Authorization: Basic`, and `X-Api-Key`.
 * Programs that speak several dialects send more than one of them.
 */
export function credentialsOf({ req }: RequestContext): string[] {
  const authorization = req.header('Authorization');
  const named = req.header('X-Api-Key');
  const found = authorization === undefined ? [] : [tokenOf(authorization)];
  if (named !== undefined) found.push(named.trim());
  return found.filter((credential) => credential !== '');
}

function tokenOf(authorization: string): string {
  const space = authorization.indexOf(' ');
  const scheme = authorization.slice(0, Math.max(space, 0)).toLowerCase();
  const token = authorization.slice(space + 1).trim();
  if (scheme !== 'basic') return token;
  const pair = Buffer.from(token, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}
