import { textWidth } from './cut-to-width.ts';

/**
 * Breaks a text between words into lines of at most `limit` columns, or the width of its longest word if that is more.
 * It chooses the lines of the most even length: those with the smallest sum of squares of unused columns, not counting
 * the last line.
 */
export function wrapCell(text: string, limit: number): string[] {
  if (textWidth(text) <= limit) return [text];
  const words = text.split(/[ \n]/);
  const ends = lineEnds(words.map(textWidth), limit);
  const lines: string[] = [];
  for (let first = 0; first < words.length; first = ends[first] ?? words.length)
    lines.push(words.slice(first, ends[first]).join(' '));
  return lines;
}

/** For each word that may begin a line, the index of the word that begins the next line. */
function lineEnds(widths: readonly number[], limit: number): number[] {
  const count = widths.length;
  const room = widths.reduce((most, width) => Math.max(most, width), limit);
  const cost = Array<number>(count + 1).fill(0);
  const ends = Array<number>(count).fill(count);
  for (let first = count - 1; first >= 0; first--) {
    let least = Number.POSITIVE_INFINITY;
    let width = widths[first] ?? 0;
    for (let next = first + 1; width <= room && next <= count; next++) {
      const price = next === count ? 0 : (room - width) ** 2 + (cost[next] ?? 0);
      if (price < least) {
        least = price;
        ends[first] = next;
      }
      width += 1 + (widths[next] ?? 0);
    }
    cost[first] = least;
  }
  return ends;
}
