import type { CallerKey } from './caller-key.ts';
import type { Identified } from './key-ring.ts';
import type { Session } from './sessions.ts';

/** What the server asks about the keys of its clients. */
export interface KeyAccess {
  /** Whether there is nothing to check: no key exists and none is needed. */
  readonly isIdle: boolean;
  /** Whether requests need a key. */
  readonly isNeeded: boolean;
  /** Whether there is any key, or a file that may hold some. */
  readonly hasKeys: boolean;
  /** @throws OllamaError when the keys cannot be read */
  identify(credential: string): Identified;
  /** A key by its ID. @returns undefined for one that was revoked or has expired */
  ofId(id: string): CallerKey | undefined;
  /** The session of a web page's cookie; undefined = it has ended. */
  findSession(cookie: string): { readonly session: Session; readonly key: CallerKey } | undefined;
}
