/** What comes from the keyboard. */
export type KeyEvent =
  /** Characters to be written, one or several. */
  | { readonly type: 'text'; readonly text: string }
  /** @see KeyDecoder for the names: "C-a", "M-b", "left", "C-left", "enter" */
  | { readonly type: 'key'; readonly name: string }
  /** With "\n" between lines. `isCut` when it was longer than a text may be. */
  | { readonly type: 'paste'; readonly text: string; readonly isCut: boolean };

/** Characters of one text: far beyond any model's context, and small enough to edit without waiting. */
export const MAX_TEXT_LENGTH = 16 * 1024 * 1024;

/** Line breaks as "\n" alone. */
export function withPlainLineBreaks(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
