import { OllamaError } from '../base/errors.ts';

/** Largest Modelfile read, bytes: licences and templates are kilobytes, so this only stops mistakes. */
const MAX_MODELFILE_BYTES = 16 * 1024 * 1024;

/** Decodes UTF-8, or UTF-16 of either byte order behind a byte order mark. */
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

/** Characters kept in a value: all but controls. Joiners stay, since Persian and many emoji fall apart without. */
const visible = /[^\p{Cc}\p{Cs}\p{Co}\p{Cn}\u{FEFF}]/u;

export function isVisible(character: string): boolean {
  return visible.test(character);
}

export function isNewline(character: string): boolean {
  return character === '\n' || character === '\r';
}

export function isBlank(character: string): boolean {
  return character === ' ' || character === '\t';
}
