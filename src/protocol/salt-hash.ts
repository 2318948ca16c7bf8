import { createHash } from 'node:crypto';

/**
 * What the caches of an engine keep of a salt, because salts are derived from keys, and what its events tell of it.
 * @returns 64 hexadecimal digits; "" = no salt
 */
export function saltHash(salt: string | undefined): string {
  return salt === undefined ? '' : createHash('sha256').update(salt).digest('hex');
}
