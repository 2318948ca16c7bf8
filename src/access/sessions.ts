import { randomBytes, timingSafeEqual } from 'node:crypto';
import { FairShares } from './fair-shares.ts';
import { digestOf } from './key-ring.ts';

/** A working day; after it, a page asks for the key again. */
const LIFETIME_MS = 12 * 3_600_000;
/** Far more than the browsers of those who share a machine. For a new one, the oldest session of the key that has the most ends. */
const MAX_SESSIONS = 1000;
const TOKEN_BYTES = 32;

/** A session of a web page, which stands for a key. */
export interface Session {
  /** SHA-256 of the key: a session ends with the key's revocation, rotation or expiry. */
  readonly keyDigest: string;
  /** A page of another site cannot read it, and so cannot make a browser send it. */
  readonly csrfToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The sessions of web pages: in memory, bounded in number and time. */
export class Sessions {
  /** By the digest of the cookie. */
  readonly #byDigest = new Map<string, Session>();
  /** What each key has of them, by the key's digest. */
  readonly #shares = new FairShares<string>();

  /**
   * @param now milliseconds since the epoch
   * @returns the value of the cookie, which is kept nowhere else
   */
  open(keyDigest: string, now: number): { cookie: string; session: Session } {
    const cookie = randomToken();
    const session = { keyDigest, csrfToken: randomToken(), expiresAt: now + LIFETIME_MS };
    const digest = digestOf(cookie);
    this.#byDigest.set(digest, session);
    this.#shares.add(keyDigest, digest, 1);
    const oldest = this.#byDigest.size > MAX_SESSIONS ? this.#shares.next() : undefined;
    if (oldest !== undefined) this.#remove(oldest);
    return { cookie, session };
  }

  /** @returns undefined for a session that is unknown or has ended */
  find(cookie: string, now: number): Session | undefined {
    const digest = digestOf(cookie);
    const session = this.#byDigest.get(digest);
    if (session && now < session.expiresAt) return session;
    this.#remove(digest);
    return undefined;
  }

  close(cookie: string): void {
    this.#remove(digestOf(cookie));
  }

  #remove(digest: string): void {
    const session = this.#byDigest.get(digest);
    if (!session) return;
    this.#byDigest.delete(digest);
    this.#shares.remove(session.keyDigest, digest);
  }
}

/** Compares a presented token with the session's, in a time that does not depend on how far they agree. */
export function hasToken({ csrfToken }: Session, presented: string | undefined): boolean {
  const [left, right] = [digestOf(csrfToken), digestOf(presented ?? '')];
  return timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

/** Seconds for the browser to keep the cookie. */
export const SESSION_SECONDS = LIFETIME_MS / 1000;

function randomToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}
