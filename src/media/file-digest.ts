import { webcrypto } from 'node:crypto';

/**
 * Digest of a file in base64, computed outside of the event loop: files have up to a hundred million characters.
 * @returns SHA-256 of the text in hexadecimal digits
 */
export async function digestOf(source: string): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', Buffer.from(source, 'latin1'))).toString('hex');
}
