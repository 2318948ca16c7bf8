import { MAX_FILE_BYTES } from './limits.ts';
import { unusable } from './unusable.ts';

/** Most characters that become so many bytes. */
const MAX_CHARACTERS = Math.ceil(MAX_FILE_BYTES / 3) * 4;

/**
 * The bytes of a file. Line breaks are allowed, as Go's decoder does.
 * @throws OllamaError `invalid-request` for other texts, and for a file that is too large
 */
export function decodeBase64(source: string): Uint8Array {
  const text = /[\r\n]/.test(source) ? source.replace(/[\r\n]/g, '') : source;
  if (text.length > MAX_CHARACTERS) throw unusable(`the file is larger than ${MAX_FILE_BYTES} bytes`);
  const bytes = Buffer.from(text, 'base64');
  // Node's decoder leaves out what it does not know, which would make other bytes of a damaged text.
  const padding = text.endsWith('==') ? 2 : Number(text.endsWith('='));
  if (text.length % 4 !== 0 || bytes.length !== (text.length / 4) * 3 - padding) {
    throw unusable('the file is not valid base64');
  }
  return bytes;
}
