import { MIB } from '../base/units.ts';

/** Bytes of one picture or sound: what a body of the largest size holds as base64. */
export const MAX_MEDIUM_BYTES = 48 * MIB;

/** Base64 has four characters for three bytes, and at most one break in 64 characters. */
const MAX_CHARACTERS = (MAX_MEDIUM_BYTES / 3) * 4 * (66 / 64);

const outsideAlphabet = /[^A-Za-z0-9+/=\r\n]/;
const padding = /^=[\r\n]*=?[\r\n]*$/;
/** Two signs, and a break of two characters behind each. */
const MAX_PADDING = 6;

/**
 * What is wrong with the base64 of a picture or sound; undefined if nothing is, as far as one look at each character shows:
 * this runs on the event loop, and whoever decodes the text finds the rest. Line breaks are allowed, as Ollama allows them.
 */
export function mediaProblem(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.length > MAX_CHARACTERS) return tooLarge;
  if (text.startsWith('data:')) return 'it is a data URL: send only the base64 behind its comma';
  if (outsideAlphabet.test(text) || !endsWithPadding(text)) return notBase64;
  // Breaks would have to be counted, and a text may consist of them.
  if (text.includes('\n') || text.includes('\r')) return undefined;
  if (text.length % 4 !== 0) return notBase64;
  return (text.length / 4) * 3 > MAX_MEDIUM_BYTES ? tooLarge : undefined;
}

const notBase64 = 'it is not base64';
const tooLarge = `it has more than ${MAX_MEDIUM_BYTES / MIB} MiB: send a smaller one`;

/** Whether there is nothing but padding from the first sign of padding on. */
function endsWithPadding(text: string): boolean {
  const at = text.indexOf('=');
  return at < 0 || (text.length - at <= MAX_PADDING && padding.test(text.slice(at)));
}
