/**
 * Detects the type of a file by its first bytes, according to https://mimesniff.spec.whatwg.org, as Ollama does. Types that
 * matter only to browsers are left out; FLAC, and MP3 without a tag in front, are added.
 */

/** Number of bytes that are examined. */
export const SNIFFED_BYTES = 512;

const PLAIN_TEXT = 'text/plain; charset=utf-8';

/** One character per byte; `?` matches any byte. */
const signatures: readonly (readonly [beginning: string, type: string])[] = [
  ['%PDF-', 'application/pdf'],
  ['%!PS-Adobe-', 'application/postscript'],
  ['\u00fe\u00ff', 'text/plain; charset=utf-16be'],
  ['\u00ff\u00fe', 'text/plain; charset=utf-16le'],
  ['\u00ef\u00bb\u00bf', PLAIN_TEXT],
  ['\u0000\u0000\u0001\u0000', 'image/x-icon'],
  ['\u0000\u0000\u0002\u0000', 'image/x-icon'],
  ['BM', 'image/bmp'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['RIFF????WEBPVP', 'image/webp'],
  ['\u0089PNG\r\n\u001a\n', 'image/png'],
  ['\u00ff\u00d8\u00ff', 'image/jpeg'],
  ['FORM????AIFF', 'audio/aiff'],
  ['ID3', 'audio/mpeg'],
  ['\u00ff\u00fb', 'audio/mpeg'],
  ['\u00ff\u00f3', 'audio/mpeg'],
  ['\u00ff\u00f2', 'audio/mpeg'],
  ['fLaC', 'audio/flac'],
  ['OggS\u0000', 'application/ogg'],
  ['MThd\u0000\u0000\u0000\u0006', 'audio/midi'],
  ['RIFF????AVI ', 'video/avi'],
  ['RIFF????WAVE', 'audio/wave'],
  ['????ftyp', 'video/mp4'],
  ['\u001aE\u00df\u00a3', 'video/webm'],
  ['\u001f\u008b\u0008', 'application/x-gzip'],
  ['PK\u0003\u0004', 'application/zip'],
  ['Rar!\u001a\u0007', 'application/x-rar-compressed'],
];

const html =
  /^[\t\n\f\r ]*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i;
const xml = /^[\t\n\f\r ]*<\?xml/;

/** @param head the file's first bytes */
export function mediaTypeOf(head: Uint8Array): string {
  const text = Buffer.from(head.subarray(0, SNIFFED_BYTES)).toString('latin1');
  if (html.test(text)) return 'text/html; charset=utf-8';
  if (xml.test(text)) return 'text/xml; charset=utf-8';
  const found = signatures.find(([beginning]) => beginsWith(text, beginning));
  if (found) return found[1];
  return [...text].some(isBinary) ? 'application/octet-stream' : PLAIN_TEXT;
}

function beginsWith(text: string, beginning: string): boolean {
  if (text.length < beginning.length) return false;
  return [...beginning].every((character, index) => character === '?' || text[index] === character);
}

/** Whether a character is a control character that does not occur in text. */
function isBinary(character: string): boolean {
  const code = character.charCodeAt(0);
  return code < 0x20 && !'\t\n\f\r\u001b'.includes(character);
}
