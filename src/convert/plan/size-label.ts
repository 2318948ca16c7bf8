/** Sizes from which on a suffix is used, and what counts are multiplied by for it. */
const scales = [
  { above: 1e12, factor: 1e-12, suffix: 'T' },
  { above: 1e9, factor: 1e-9, suffix: 'B' },
  { above: 1e6, factor: 1e-6, suffix: 'M' },
  { above: Number.NEGATIVE_INFINITY, factor: 1e-3, suffix: 'K' },
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

/** At least two digits, rounded as Python does, so that labels agree with the reference. */
function rounded(count: number): string {
  const { factor, suffix } = scales.find(({ above }) => count > above) ?? scales[3];
  const scaled = count * factor;
  const whole = roundHalfToEven(scaled);
  const decimals = Math.max(2 - (whole === 0 ? 0 : String(whole).length), 0);
  const step = 10 ** decimals;
  // Only eighths can lie exactly between two labels.
  const isTie = Number.isInteger(scaled * 8) && (scaled * step) % 1 === 0.5;
  const value = isTie ? roundHalfToEven(scaled * step) / step : scaled;
  return `${value.toFixed(decimals)}${suffix}`;
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
