import { OllamaError } from '../../base/errors.ts';

/** What a registry asks for in `WWW-Authenticate: Bearer …` (RFC 6750, Docker registry token flow). */
export interface BearerChallenge {
  readonly realm: string;
  readonly service: string;
  readonly scopes: readonly string[];
}

/** Longest challenge looked at, characters; real ones have some hundred. */
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

/** Whether the realm is the registry itself: only it may learn who we are, or name what we sign. */
export function isOwnRealm({ realm }: BearerChallenge, registry: URL): boolean {
  return URL.canParse(realm) && new URL(realm).origin === registry.origin;
}

/**
 * The URL to ask for a token.
 * @param mayBeElsewhere the realm may be any host that is reached by https, as those of large OCI registries are
 * @throws OllamaError `upstream` unless the realm has the registry's own origin: a token must not be had, nor used,
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
  // A name in the URL would make `fetch` refuse it with the whole text.
  url.username = '';
  url.password = '';
  url.hash = '';
  if (challenge.service !== '') url.searchParams.append('service', challenge.service);
  for (const scope of challenge.scopes) url.searchParams.append('scope', scope);
  return url;
}
