import { randomBytes } from 'node:crypto';

const ID_BYTES = 12;

/** As "chatcmpl-5f1c…" of "chatcmpl-": 24 hexadecimal digits behind the prefix. */
export function newReplyId(prefix: string): string {
  return prefix + randomBytes(ID_BYTES).toString('hex');
}
