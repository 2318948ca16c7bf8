import { OllamaError } from '../../../base/errors.ts';
import type { ElementType } from '../element-type.ts';
import type { RowCasts } from '../row-casts.ts';
import { wordsOf } from './copy-strided.ts';
import { float8Values } from './float8-values.ts';

/** Turns elements of any type that holds numbers into 32-bit floats. */
export function toFloats(type: ElementType, bytes: Uint8Array, target: Float32Array, casts: RowCasts): void {
  switch (type) {
    case 'F32':
      new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
      return;
    case 'BF16':
      casts.bf16ToF32(wordsOf(bytes), target, target.length);
      return;
    case 'F16':
      casts.f16ToF32(wordsOf(bytes), target, target.length);
      return;
    case 'F8_E4M3':
    case 'F8_E5M2':
    case 'F8_E8M0':
      lookUp(bytes, float8Values(type), target);
      return;
    default:
      copyNumbers(type, bytes, target);
  }
}

function lookUp(bytes: Uint8Array, values: Float32Array, target: Float32Array): void {
  for (let index = 0; index < target.length; index++) target[index] = values[bytes[index] ?? 0] ?? 0;
}

/** Integers, and floats of 64 bits: rare enough that speed does not matter. */
function copyNumbers(type: ElementType, bytes: Uint8Array, target: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = numberAt[type];
  if (!read) throw new OllamaError('internal', `values of type ${type} cannot become floats`);
  for (let index = 0; index < target.length; index++) target[index] = read(view, index);
}

const numberAt: Partial<Record<ElementType, (view: DataView, index: number) => number>> = {
  BOOL: (view, index) => (view.getUint8(index) === 0 ? 0 : 1),
  U8: (view, index) => view.getUint8(index),
  I8: (view, index) => view.getInt8(index),
  I16: (view, index) => view.getInt16(2 * index, true),
  U16: (view, index) => view.getUint16(2 * index, true),
  I32: (view, index) => view.getInt32(4 * index, true),
  U32: (view, index) => view.getUint32(4 * index, true),
  F64: (view, index) => view.getFloat64(8 * index, true),
  I64: (view, index) => Number(view.getBigInt64(8 * index, true)),
  U64: (view, index) => Number(view.getBigUint64(8 * index, true)),
};
