import { OllamaError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';

/** Maximum size of a Modelfile. Licences and templates take kilobytes, so only mistakes exceed it. */
const MAX_MODELFILE_BYTES = 16 * MIB;

/** Decodes UTF-8, or UTF-16 of either byte order after a byte order mark. Malformed bytes become U+FFFD. */
export function decodeModelfile(source: string | Uint8Array): string {
  if (source.length > MAX_MODELFILE_BYTES) {
    throw new OllamaError('invalid-request', `the Modelfile is larger than ${MAX_MODELFILE_BYTES} bytes`);
  }
  if (typeof source === 'string') return source.startsWith('\uFEFF') ? source.slice(1) : source;
  return new TextDecoder(encodingOf(source)).decode(source);
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

/** Characters that an unquoted value keeps: all except controls. Ollama also drops joiners, which breaks Persian and emoji. */
const visible = /[^\p{Cc}\p{Cs}\u{FEFF}]/u;

/** Blanks of all kinds, controls and formatting marks, which are ignored before an instruction and around quotes. */
const ignorable = /[\s\p{Z}\p{Cc}\p{Cf}\p{Cn}\p{Co}]/u;

export function isIgnorable(character: string): boolean {
  return ignorable.test(character);
}

export function isNewline(character: string): boolean {
  return character === '\n' || character === '\r';
}

export function isBlank(character: string): boolean {
  return character === ' ' || character === '\t';
}

/** An unquoted value without controls and without blanks around it. */
export function plainValue(text: string): string {
  let kept = '';
  for (const character of text) if (!isDropped(character)) kept += character;
  return kept.trim();
}

/** The text without the characters that are ignored around quotes. */
export function trimIgnorable(text: string): string {
  let start = 0;
  while (start < text.length && isIgnorable(text.charAt(start))) start += 1;
  return trimIgnorableEnd(text.slice(start));
}

export function trimIgnorableEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isIgnorable(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function isDropped(character: string): boolean {
  return !isBlank(character) && !isNewline(character) && !visible.test(character);
}
