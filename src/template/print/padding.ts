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
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (left) return text + ' '.repeat(missing);
  return (zero && mayZero ? '0' : ' ').repeat(missing) + text;
}
