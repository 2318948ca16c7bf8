/** The flags, width and precision between the `%` and the verb of a directive. */
export interface VerbFlags {
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly left: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

export function padded(text: string, { width, left, zero }: VerbFlags, mayZero = true): string {
  if (width === undefined) return text;
  const missing = width - characterCount(text, width);
  if (missing <= 0) return text;
  if (left) return text + ' '.repeat(missing);
  return (zero && mayZero ? '0' : ' ').repeat(missing) + text;
}

/** Code points of a text, counted no further than needed. */
function characterCount(text: string, enough: number): number {
  // No character takes more than two units.
  if (text.length >= 2 * enough) return enough;
  let count = 0;
  for (const _ of text) count++;
  return count;
}
