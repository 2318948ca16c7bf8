/** Stacked bars: parts of a whole side by side. */

export interface BarPart<Kind extends string> {
  readonly kind: Kind;
  readonly amount: number;
}

interface Segment<Kind extends string> {
  readonly kind: Kind;
  readonly start: number;
  readonly length: number;
}

/**
 * Places parts along a bar. Small parts get a length that can be seen; the larger ones give it up.
 * @param length of the bar, in the unit of the result
 * @param least length of a part of which there is any
 */
export function layOutBar<Kind extends string>(
  parts: readonly BarPart<Kind>[],
  length: number,
  least: number,
): Segment<Kind>[] {
  const there = parts.filter(({ amount }) => amount > 0);
  const total = there.reduce((sum, { amount }) => sum + amount, 0);
  if (total <= 0) return [];
  const shortest = Math.min(least, length / there.length);
  const isSmall = (amount: number) => (amount / total) * length < shortest;
  const small = there.filter(({ amount }) => isSmall(amount));
  const rest = total - small.reduce((sum, { amount }) => sum + amount, 0);
  const room = length - small.length * shortest;
  let start = 0;
  return there.map(({ kind, amount }) => {
    const own = isSmall(amount) ? shortest : (amount / rest) * room;
    const segment = { kind, start, length: own };
    start += own;
    return segment;
  });
}
