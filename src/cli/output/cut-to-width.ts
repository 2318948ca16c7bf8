import { graphemeWidth } from './text-width.ts';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Columns of a terminal that a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The text, or its beginning and "…" where it does not fit. */
export function cutToWidth(text: string, room: number): string {
  if (textWidth(text) <= room) return text;
  let cut = '';
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment);
    if (width > room - 1) break;
    cut += segment;
  }
  return room > 0 ? `${cut}…` : '';
}
