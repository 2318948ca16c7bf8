import { createHash } from 'node:crypto';
import type { GgufArray, GgufScalarType, GgufValue } from '../../../src/gguf/types.ts';

/** As in `scripts/import-reference/reference.py`. */
const LONGEST_LIST = 32;
const HASH_DIGITS = 16;

/** A value of the metadata in the form of the fixtures: its type and itself, or the length and hash of a long list. */
export function describeValue(value: GgufValue): [type: string, value: unknown] {
  if (value.type === 'array') return [`${value.value.elementType}[]`, describeList(value.value)];
  return [value.type, scalarOf(value.type, value.value)];
}

export function shortHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, HASH_DIGITS);
}

function scalarOf(type: GgufScalarType, value: unknown): unknown {
  if (type === 'f32') return Math.fround(Number(value));
  return typeof value === 'bigint' ? Number(value) : value;
}

function describeList({ elementType, values = [] }: GgufArray): unknown {
  if (values.length <= LONGEST_LIST) return values.map((value) => scalarOf(elementType, value));
  return `${values.length}:${shortHash(bytesOf(elementType, values))}`;
}

function bytesOf(type: GgufScalarType, values: readonly unknown[]): Uint8Array {
  if (type === 'string') return Buffer.from(values.join('\0'));
  const numbers = values.map(Number);
  const lists: Partial<Record<GgufScalarType, () => ArrayBufferView>> = {
    f32: () => Float32Array.from(numbers),
    i32: () => Int32Array.from(numbers),
    u32: () => Uint32Array.from(numbers),
    u8: () => Uint8Array.from(numbers),
    i8: () => Int8Array.from(numbers),
    bool: () => Uint8Array.from(numbers),
  };
  const list = lists[type]?.();
  if (list === undefined) throw new Error(`no long lists of ${type} are described`);
  return new Uint8Array(list.buffer, list.byteOffset, list.byteLength);
}
