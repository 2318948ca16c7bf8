/** A number as Go prints it in a prompt: an integer if it fits in 64 bits, otherwise as `goFloatText`. */
export function goNumberText(value: number): string {
  const isWhole = Number.isInteger(value) && Math.abs(value) < 2 ** 63;
  return isWhole ? BigInt(value).toString() : goFloatText(value);
}

/** A number as Go prints a float64 with `%v`: 123456, but 1.234567e+06. */
export function goFloatText(value: number): string {
  const [digits, exponent] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
