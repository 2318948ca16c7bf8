/** The 256 values of each 8-bit float (OCP 8-bit floating point specification; OCP microscaling formats for E8M0). */
type Float8 = 'F8_E4M3' | 'F8_E5M2' | 'F8_E8M0';

interface Layout {
  readonly mantissaBits: number;
  readonly bias: number;
  /** Values with all bits of the exponent set: a number, unless it is marked here. */
  readonly special: (mantissa: number) => number | undefined;
}

const layouts: Readonly<Record<'F8_E4M3' | 'F8_E5M2', Layout>> = {
  /** Without infinities; only the largest code is not a number. */
  F8_E4M3: { mantissaBits: 3, bias: 7, special: (mantissa) => (mantissa === 7 ? Number.NaN : undefined) },
  F8_E5M2: { mantissaBits: 2, bias: 15, special: (mantissa) => (mantissa === 0 ? Infinity : Number.NaN) },
};

const tables = new Map<Float8, Float32Array>();

/** Value of each byte. */
export function float8Values(type: Float8): Float32Array {
  const known = tables.get(type);
  if (known) return known;
  const value = type === 'F8_E8M0' ? exponentValue : (byte: number) => floatValue(layouts[type], byte);
  const table = Float32Array.from({ length: 256 }, (_, byte) => value(byte));
  tables.set(type, table);
  return table;
}

function exponentValue(byte: number): number {
  return byte === 255 ? Number.NaN : 2 ** (byte - 127);
}

function floatValue({ mantissaBits, bias, special }: Layout, byte: number): number {
  const sign = byte >= 128 ? -1 : 1;
  const mantissa = byte & ((1 << mantissaBits) - 1);
  const exponent = (byte & 0x7f) >> mantissaBits;
  const isLargest = exponent === (1 << (7 - mantissaBits)) - 1;
  const marked = isLargest ? special(mantissa) : undefined;
  if (marked !== undefined) return sign * marked;
  const fraction = mantissa / (1 << mantissaBits);
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}
