import { MIB } from '../../base/units.ts';

/** Input from the keyboard. */
export type KeyEvent =
  /** One or more characters to insert. */
  | { readonly type: 'text'; readonly text: string }
  /** @see KeyDecoder for the names: "C-a", "M-b", "left", "C-left", "enter" */
  | { readonly type: 'key'; readonly name: string }
  /** Lines are separated by "\n". `isCut` if it was longer than the maximum length of a text. */
  | { readonly type: 'paste'; readonly text: string; readonly isCut: boolean };

/** Maximum number of UTF-16 units of a text: far more than any model's context, and few enough to edit without delay. */
export const MAX_TEXT_LENGTH = 16 * MIB;

/** Converts all line breaks to "\n". */
export function withPlainLineBreaks(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
