/** Sizes from which on a suffix is used. */
const scales = [
  { above: 1e12, suffix: 'T' },
  { above: 1e9, suffix: 'B' },
  { above: 1e6, suffix: 'M' },
] as const;

interface Sized {
  readonly name: string;
  /** In Hugging Face's order. */
  readonly shape: readonly number[];
}

/** `general.size_label`, such as "7.2B", or "8x7.2B" for a model with 8 experts: there, the size with one expert. */
export function sizeLabel(tensors: readonly Sized[]): string | undefined {
  let total = 0;
  let withOneExpert = 0;
  const counts: number[] = [];
  for (const { name, shape } of tensors) {
    const size = shape.reduce((product, length) => product * length, 1);
    total += size;
    const experts =
      name.includes('_exps.') && shape.length >= 3 ? shape.at(name.includes('.bias') ? -2 : -3) : undefined;
    if (experts !== undefined && experts > 0) counts.push(experts);
    withOneExpert += Math.floor(size / (experts || 1));
  }
  if (total === 0) return undefined;
  if (counts.length === 0) return rounded(total);
  const average = Math.floor(counts.reduce((sum, count) => sum + count, 0) / counts.length);
  return `${average}x${rounded(withOneExpert)}`;
}

/** At least two digits. */
function rounded(count: number): string {
  const { above, suffix } = scales.find((scale) => count > scale.above) ?? { above: 1e3, suffix: 'K' };
  const scaled = count / above;
  const whole = roundHalfToEven(scaled);
  const digits = whole === 0 ? 0 : String(whole).length;
  return `${scaled.toFixed(Math.max(2 - digits, 0))}${suffix}`;
}

/** As Python rounds, so that labels agree with the reference. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
