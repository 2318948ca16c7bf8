import type { KeyAccess } from '../../access/key-access.ts';
import type { Scope } from '../../api/scopes.ts';
import type { RequestContext } from '../server-parts.ts';
import { credentialsOf } from './credentials.ts';
import { sessionCookie } from './session-cookie.ts';

/** How often the right to a reply without end is looked at, in milliseconds. */
export const CHECK_MS = 5000;

type Keys = Pick<KeyAccess, 'identify' | 'findSession' | 'isNeeded' | 'hasKeys'>;

/**
 * Ends a reply that would go on without end when its key does not allow it any more: it was revoked, rotated or has expired, or its
 * session was closed; or the reply was open to all, and now there are keys.
 * @param abort ends the reply
 */
export function endWithKey(
  context: RequestContext,
  { keys, scope }: { readonly keys: Keys; readonly scope: Scope },
  abort: AbortController,
): void {
  if (abort.signal.aborted) return;
  const mayGoOn = rightTo(context, keys, scope);
  const timer = setInterval(() => {
    if (!mayGoOn()) abort.abort();
  }, CHECK_MS);
  timer.unref();
  abort.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

function rightTo(context: RequestContext, keys: Keys, scope: Scope): () => boolean {
  const id = context.get('key')?.id;
  if (id === undefined) return () => !(keys.isNeeded && keys.hasKeys);
  const credentials = credentialsOf(context);
  const cookie = sessionCookie(context);
  return () => {
    const found = [
      ...credentials.map((credential) => identified(keys, credential)),
      cookie === undefined ? undefined : keys.findSession(cookie)?.key,
    ];
    return found.some((key) => key?.id === id && key.scopes.has(scope));
  };
}

function identified(keys: Keys, credential: string) {
  try {
    const found = keys.identify(credential);
    return typeof found === 'string' ? undefined : found;
  } catch {
    // Keys that cannot be read let nobody in.
    return undefined;
  }
}
