/** Finds the boundaries between graphemes, the characters that a reader perceives. */

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** UTF-16 units to examine around a position. No real grapheme is longer, and the segmenter is slow on long texts. */
const WINDOW = 128;
/** Code points from here on may combine with the previous one. */
const FIRST_COMBINING = 0x300;
const simpleText = /^[\x20-\x7e]*$/;

/** @param text a short text, such as a piece of a line */
export function graphemesOf(text: string): Iterable<string> {
  return simpleText.test(text) ? text : Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** @param index a boundary, in UTF-16 units. @returns the end of the grapheme that begins there */
export function nextBoundary(text: string, index: number): number {
  if (index >= text.length) return text.length;
  if (isSimple(text, index) && (index + 1 === text.length || isSimple(text, index + 1))) return index + 1;
  const [first] = segmenter.segment(text.slice(index, index + WINDOW));
  return index + (first?.segment.length ?? 1);
}

/** @returns the start of the grapheme that ends at the index */
export function previousBoundary(text: string, index: number): number {
  if (index <= 1 || isSimple(text, index - 1)) return Math.max(0, index - 1);
  const before = text.slice(Math.max(0, index - WINDOW), index);
  const segments = Array.from(segmenter.segment(before));
  return index - (segments.at(-1)?.segment.length ?? 1);
}

/** @returns the index if it is a boundary, otherwise the end of the grapheme around it */
export function boundaryFrom(text: string, index: number): number {
  if (index <= 0 || index >= text.length || isSimple(text, index))
    return Math.min(Math.max(index, 0), text.length);
  const start = Math.max(0, index - WINDOW);
  const around = segmenter.segment(text.slice(start, index + WINDOW));
  const found = around.containing(index - start);
  if (found === undefined || found.index === index - start) return index;
  return start + found.index + found.segment.length;
}

function isSimple(text: string, index: number): boolean {
  return text.charCodeAt(index) < FIRST_COMBINING;
}
