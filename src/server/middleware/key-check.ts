import type { MiddlewareHandler } from 'hono';
import type { CallerKey } from '../../access/caller-key.ts';
import type { KeyAccess } from '../../access/key-access.ts';
import { hasToken } from '../../access/sessions.ts';
import type { Need, Scope } from '../../api/scopes.ts';
import { OllamaError } from '../../base/errors.ts';
import { credentialsOf } from '../request/credentials.ts';
import { requireLocalClient, requireOwnName } from '../request/loopback.ts';
import { sessionCookie } from '../request/session-cookie.ts';
import type { RequestContext, ServerEnvironment } from '../server-parts.ts';
import { requireOwnPage } from './own-page.ts';

/** The methods of a route, each with what it needs. */
export type RouteScopes = ReadonlyMap<string, Need>;

/**
 * Finds the key of a request, puts it into the context, and refuses what the key does not allow: before anything of the
 * body is read.
 */
export function keyCheck(keys: KeyAccess, scopes: RouteScopes): MiddlewareHandler<ServerEnvironment> {
  return (context, next) => {
    // A method without a scope has no handler either.
    const scope = scopes.get(context.req.method) ?? 'open';
    if (keys.isIdle && scope !== 'admin') return next();
    identifyCaller(context, keys, scope !== 'open' && keys.isNeeded);
    if (scope !== 'open') requireScope(context, keys, scope);
    return next();
  };
}

function identifyCaller(context: RequestContext, keys: KeyAccess, isNeeded: boolean): void {
  const { inner } = context.env ?? {};
  if (inner) {
    const { key } = inner;
    if (key) setKey(context, keys, { key, again: () => keys.ofId(key.id) ?? 'unknown' });
    return;
  }
  for (const credential of credentialsOf(context)) {
    const found = identified(keys, credential, isNeeded);
    if (typeof found !== 'string') {
      setKey(context, keys, { key: found, again: () => keys.identify(credential) });
      return;
    }
    context.set('refusal', found);
  }
  identifyPage(context, keys);
}

type Refusal = Exclude<keyof typeof problems, 'none'>;

const harmless = ['GET', 'HEAD'];

/**
 * Identifies a web page by the cookie of its session. Browsers send cookies by themselves, so what changes something needs a
 * token too, which only a page of this server can read.
 * @throws OllamaError `forbidden` without the token
 */
function identifyPage(context: RequestContext, keys: KeyAccess): void {
  const cookie = sessionCookie(context);
  if (cookie === undefined) return;
  const found = keys.findSession(cookie);
  if (!found) {
    context.set('refusal', 'session');
    return;
  }
  const isHarmless = harmless.includes(context.req.method);
  if (!isHarmless && !hasToken(found.session, context.req.header('X-CSRF-Token'))) {
    throw new OllamaError('forbidden', 'a request with a session cookie needs the header X-CSRF-Token');
  }
  setKey(context, keys, { key: found.key, again: () => keys.findSession(cookie)?.key ?? 'session' });
}

interface FoundKey {
  readonly key: CallerKey;
  /** Looks it up once more. */
  readonly again: () => CallerKey | Refusal;
}

/** A request may wait for long before it runs, and its key may be revoked, rotated or expire meanwhile. */
function setKey(context: RequestContext, keys: Pick<KeyAccess, 'isNeeded'>, { key, again }: FoundKey): void {
  context.set('key', key);
  context.set('requireKey', () => {
    const found = keys.isNeeded ? again() : key;
    if (typeof found === 'string') throw unauthorized(found);
  });
}

/** Keys that cannot be read close a server that needs one, and identify nobody elsewhere. */
function identified(keys: KeyAccess, credential: string, isNeeded: boolean) {
  try {
    return keys.identify(credential);
  } catch (error) {
    if (isNeeded) throw error;
    return 'unknown';
  }
}

const problems = {
  none: 'this server needs an API key: send it as "Authorization: Bearer KEY" or "X-Api-Key: KEY"; the command line takes it from OLLAMA_API_KEY',
  unknown: 'the API key is not valid: it is unknown or was revoked',
  expired: 'the API key has expired: ask for a new one',
  session: 'the session has ended: enter the key again',
} as const;

const administration = 'keys, usage, settings and logs are open without a key';

/**
 * Refuses administration without a key, unless it comes from this machine, and there from a program or from the page of this
 * server: whoever reaches a server that has no key yet could otherwise give it one, and lock out its owner. Other pages of
 * this machine are strangers.
 */
function requireOwner(context: RequestContext): void {
  requireLocalClient(context, administration);
  requireOwnName(context, administration);
  requireOwnPage(context, administration);
}

/**
 * Refuses a request whose key lacks a scope, or that has no key where one is needed.
 * @param scope `any` = every key has it
 * @throws OllamaError `unauthorized`, `forbidden`
 */
export function requireScope(
  context: RequestContext,
  keys: Pick<KeyAccess, 'isNeeded' | 'hasKeys'>,
  scope: Scope | 'any',
): void {
  const key = context.get('key');
  if (key && (scope === 'any' || key.scopes.has(scope))) return;
  if (key) {
    const message = `the API key "${key.name}" does not have the scope "${scope}", which this request needs`;
    throw new OllamaError('forbidden', message);
  }
  if (scope === 'admin' && !(keys.isNeeded && keys.hasKeys)) {
    requireOwner(context);
    return;
  }
  if (!keys.isNeeded) return;
  throw unauthorized(context.get('refusal'));
}

function unauthorized(refusal: Refusal | undefined): OllamaError {
  const challenge = `Bearer realm="ollama"${refusal ? ', error="invalid_token"' : ''}`;
  const headers = { 'WWW-Authenticate': challenge };
  return new OllamaError('unauthorized', problems[refusal ?? 'none'], { headers });
}
