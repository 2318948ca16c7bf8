import { OllamaError } from '../../base/errors.ts';

/** The challenge in `WWW-Authenticate: Bearer …` (RFC 6750, Docker registry token flow). */
export interface BearerChallenge {
  readonly realm: string;
  readonly service: string;
  readonly scopes: readonly string[];
}

/** Maximum characters of a challenge; real ones have a few hundred. */
const MAX_CHALLENGE_LENGTH = 4096;

export function parseBearerChallenge(header: string | null): BearerChallenge | undefined {
  if (header === null || header.length > MAX_CHALLENGE_LENGTH) return undefined;
  const fields = /^Bearer\s+(.*)$/is.exec(header.trim())?.[1];
  if (fields === undefined) return undefined;
  const values = new Map<string, string>();
  for (const [, key, quoted, plain] of fields.matchAll(/([a-z_]+)=(?:"([^"]*)"|([^\s",]+))/gi)) {
    if (key !== undefined) values.set(key.toLowerCase(), quoted ?? plain ?? '');
  }
  const realm = values.get('realm');
  if (!realm) return undefined;
  const scopes = (values.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  return { realm, service: values.get('service') ?? '', scopes };
}

/** Whether a registry asks for a user name and a password (RFC 7617). */
export function asksForBasic(header: string | null): boolean {
  return header !== null && header.length <= MAX_CHALLENGE_LENGTH && /^Basic(\s|$)/i.test(header.trim());
}

/** Whether the realm is the registry itself. Only then may it learn our identity or choose what we sign. */
export function isOwnRealm({ realm }: BearerChallenge, registry: URL): boolean {
  return URL.canParse(realm) && new URL(realm).origin === registry.origin;
}

/**
 * Returns the URL to request a token from.
 * @param mayBeElsewhere the realm may be any host reached over https, as for large OCI registries
 * @throws OllamaError `upstream` unless the realm has the registry's own origin: a token must not be requested or used
 *   on behalf of another host (CVE-2025-51471)
 */
export function tokenUrl(challenge: BearerChallenge, registry: URL, mayBeElsewhere = false): URL {
  const url = URL.canParse(challenge.realm) ? new URL(challenge.realm) : undefined;
  const allowed = mayBeElsewhere && url?.protocol === 'https:' && registry.protocol === 'https:';
  if (!url || (url.host !== registry.host && !allowed)) {
    const host = url?.host ?? challenge.realm;
    throw new OllamaError('upstream', `realm host "${host}" does not match original host "${registry.host}"`);
  }
  if (url.protocol !== registry.protocol) {
    throw new OllamaError(
      'upstream',
      `realm protocol "${url.protocol}" does not match "${registry.protocol}"`,
    );
  }
  // `fetch` would reject a URL with a user name, and quote it in full.
  url.username = '';
  url.password = '';
  url.hash = '';
  if (challenge.service !== '') url.searchParams.append('service', challenge.service);
  for (const scope of challenge.scopes) url.searchParams.append('scope', scope);
  return url;
}
