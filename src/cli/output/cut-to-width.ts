import { characterWidth } from './text-width.ts';

/** Columns of a terminal that a text takes; one of several code points may take fewer. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text, or its beginning and "…" where it does not fit. */
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
