import { OllamaError } from '../base/errors.ts';

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

/**
 * The URL to ask for an anonymous token.
 * @throws OllamaError `upstream` unless the realm has the registry's own origin: a token must not be had, nor used,
 *   on behalf of another host (CVE-2025-51471)
 */
export function tokenUrl(challenge: BearerChallenge, registry: URL): URL {
  const url = URL.canParse(challenge.realm) ? new URL(challenge.realm) : undefined;
  if (url?.host !== registry.host) {
    const host = url?.host ?? challenge.realm;
    throw new OllamaError('upstream', `realm host "${host}" does not match original host "${registry.host}"`);
  }
  if (url.protocol !== registry.protocol) {
    throw new OllamaError(
      'upstream',
      `realm protocol "${url.protocol}" does not match "${registry.protocol}"`,
    );
  }
  if (challenge.service !== '') url.searchParams.append('service', challenge.service);
  for (const scope of challenge.scopes) url.searchParams.append('scope', scope);
  return url;
}
