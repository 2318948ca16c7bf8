import { randomBytes } from 'node:crypto';

const ID_BYTES = 12;

/** Appends 24 random hexadecimal digits to a prefix, for example "chatcmpl-5f1c…" for "chatcmpl-". */
export function newReplyId(prefix: string): string {
  return prefix + randomBytes(ID_BYTES).toString('hex');
}
