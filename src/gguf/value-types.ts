import type { GgufScalar, GgufScalarType } from './types.ts';

export type FixedSizeType = Exclude<GgufScalarType, 'string'>;

interface FixedSizeCodec {
  readonly bytes: number;
  readonly read: (view: DataView, at: number, littleEndian: boolean) => GgufScalar;
  readonly write: (view: DataView, at: number, value: GgufScalar, littleEndian: boolean) => void;
}

/** Suffixes of the `DataView` accessor names. */
type NumberAccess = 'Uint8' | 'Int8' | 'Uint16' | 'Int16' | 'Uint32' | 'Int32' | 'Float32' | 'Float64';

const numbers = (bytes: number, access: NumberAccess): FixedSizeCodec => ({
  bytes,
  read: (view, at, littleEndian) => view[`get${access}`](at, littleEndian),
  write: (view, at, value, littleEndian) => view[`set${access}`](at, Number(value), littleEndian),
});

/** How each value type of fixed size is stored. */
export const fixedSizeTypes: Readonly<Record<FixedSizeType, FixedSizeCodec>> = {
  u8: numbers(1, 'Uint8'),
  i8: numbers(1, 'Int8'),
  u16: numbers(2, 'Uint16'),
  i16: numbers(2, 'Int16'),
  u32: numbers(4, 'Uint32'),
  i32: numbers(4, 'Int32'),
  f32: {
    ...numbers(4, 'Float32'),
    read: (view, at, littleEndian) => shortestFloat(view.getFloat32(at, littleEndian)),
  },
  f64: numbers(8, 'Float64'),
  u64: {
    bytes: 8,
    read: (view, at, littleEndian) => view.getBigUint64(at, littleEndian),
    write: (view, at, value, littleEndian) => view.setBigUint64(at, BigInt(value), littleEndian),
  },
  i64: {
    bytes: 8,
    read: (view, at, littleEndian) => view.getBigInt64(at, littleEndian),
    write: (view, at, value, littleEndian) => view.setBigInt64(at, BigInt(value), littleEndian),
  },
  bool: {
    bytes: 1,
    read: (view, at) => view.getUint8(at) !== 0,
    write: (view, at, value) => view.setUint8(at, value ? 1 : 0),
  },
};

/** The shortest decimal for the same single-precision number: 0.00001 rather than 0.000009999999747. */
function shortestFloat(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}

/** Value types by their number in the format. */
export const valueTypes = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'bool',
  'string',
  'array',
  'u64',
  'i64',
  'f64',
] as const;
