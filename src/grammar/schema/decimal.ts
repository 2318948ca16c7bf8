/** A finite double as exact decimal digits, as JavaScript prints it. */
export interface Decimal {
  readonly negative: boolean;
  /** Without leading zeros; empty for a magnitude below 1. */
  readonly whole: string;
  /** Without trailing zeros. */
  readonly fraction: string;
}

export function decimalOf(value: number): Decimal {
  const [, sign, first = '', rest = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const shift = Number(exponent);
  const padded = shift < 0 ? '0'.repeat(-shift) + first + rest : first + rest.padEnd(shift, '0');
  const point = shift < 0 ? first.length : first.length + shift;
  return {
    negative: sign === '-' && value !== 0,
    whole: padded.slice(0, point).replace(/^0+/, ''),
    fraction: padded.slice(point).replace(/0+$/, ''),
  };
}
