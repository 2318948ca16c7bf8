const mark = /\[img-(\d{1,9})\]/g;

export interface MarkedText {
  /** The texts and, as indexes, the media between them, in order. */
  readonly segments: readonly (string | number)[];
  /** Indexes of the media that no mark stands for. */
  readonly unmarked: readonly number[];
}

/**
 * Cuts a prompt at the first mark of each medium, such as `[img-0]`. A further mark of the same medium, and one of a medium that does
 * not exist, stay text: whoever writes such a text about marks must not fail.
 * @param count number of media
 */
export function splitAtMarks(text: string, count: number): MarkedText {
  const segments: (string | number)[] = [];
  const unmarked = new Set(Array.from({ length: count }, (_, index) => index));
  let position = 0;
  for (const { 0: found, 1: number, index } of text.matchAll(mark)) {
    const medium = Number(number);
    if (!unmarked.delete(medium)) continue;
    if (index > position) segments.push(text.slice(position, index));
    segments.push(medium);
    position = index + found.length;
  }
  if (position < text.length || segments.length === 0) segments.push(text.slice(position));
  return { segments, unmarked: [...unmarked] };
}
