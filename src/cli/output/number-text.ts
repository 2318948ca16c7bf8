/** From this power of ten on, and below the other, numbers are written with an exponent. */
const HIGHEST_EXPONENT = 5;
const LOWEST_EXPONENT = -4;

/** A number as Go's `%g` has it: "8192", "1.34515008e+08", "1e-05". */
export function numberText(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= LOWEST_EXPONENT && exponent <= HIGHEST_EXPONENT) return String(value);
  const sign = exponent < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
