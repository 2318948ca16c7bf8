const MANTISSA_BITS = 52;
const EXPONENT_BIAS = 1075;

/** value × 10^power as an integer, rounded exactly, halves to even. @param value must be finite and not negative */
export function scaledInteger(value: number, power: number): bigint {
  const { mantissa, exponent } = parts(value);
  let numerator = mantissa * 10n ** BigInt(Math.max(power, 0));
  let denominator = 10n ** BigInt(Math.max(-power, 0));
  if (exponent >= 0) numerator <<= BigInt(exponent);
  else denominator <<= BigInt(-exponent);
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const roundsUp = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return roundsUp ? quotient + 1n : quotient;
}

/** Splits a double: value = mantissa × 2^exponent (IEEE 754 binary64). */
function parts(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const fraction = bits & ((1n << BigInt(MANTISSA_BITS)) - 1n);
  const biased = Number((bits >> BigInt(MANTISSA_BITS)) & 0x7ffn);
  if (biased === 0) return { mantissa: fraction, exponent: 1 - EXPONENT_BIAS };
  return { mantissa: fraction | (1n << BigInt(MANTISSA_BITS)), exponent: biased - EXPONENT_BIAS };
}
