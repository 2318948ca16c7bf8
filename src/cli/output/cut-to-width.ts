import { characterWidth } from './text-width.ts';

/** Columns that a text takes on a terminal; graphemes of several code points may take fewer. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text, or its beginning followed by "…" if it does not fit. */
export function cutToWidth(text: string, room: number): string {
  if (textWidth(text) <= room) return text;
  let cut = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > room - 1) break;
    cut += character;
  }
  return room > 0 ? `${cut}…` : '';
}
