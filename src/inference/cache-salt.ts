import { createHash } from 'node:crypto';
import type { Caller } from './caller.ts';

/**
 * The salt of everything that is kept of a request: whoever has another one learns nothing from how soon an answer comes.
 * It joins the salt of the key with the one that the request asks for.
 * @param asked the request's `cache_salt`
 * @returns undefined if there is neither: then everything is shared, as with earlier versions
 */
export function cacheSaltOf({ key }: Pick<Caller, 'key'>, asked?: string): string | undefined {
  if (!key && asked === undefined) return undefined;
  return JSON.stringify([key?.salt ?? null, asked ?? null]);
}

/** Digests under one salt differ from those under another. @returns 64 hexadecimal digits, like the digest */
export function saltedDigest(digest: string, salt: string | undefined): string {
  if (salt === undefined) return digest;
  return createHash('sha256')
    .update(JSON.stringify([digest, salt]))
    .digest('hex');
}
