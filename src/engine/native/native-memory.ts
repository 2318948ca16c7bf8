/**
 * Memory outside the JavaScript heap, accessed through typed arrays. It is written once per step; nothing is allocated
 * per token.
 */
import koffi from 'koffi';
import type { Pointer } from './bindings.ts';

export interface NativeArray<View> {
  readonly pointer: Pointer;
  readonly view: View;
}

function allocate(bytes: number): { pointer: Pointer; buffer: ArrayBuffer } {
  const pointer = koffi.address(koffi.alloc('uint8_t', bytes));
  return { pointer, buffer: koffi.view(pointer, bytes) };
}

export function allocateInt32(length: number): NativeArray<Int32Array> {
  const { pointer, buffer } = allocate(length * Int32Array.BYTES_PER_ELEMENT);
  return { pointer, view: new Int32Array(buffer) };
}

export function allocateUint8(length: number): NativeArray<Uint8Array> {
  const { pointer, buffer } = allocate(length);
  return { pointer, view: new Uint8Array(buffer) };
}

export function allocateFloat32(length: number): NativeArray<Float32Array> {
  const { pointer, buffer } = allocate(length * Float32Array.BYTES_PER_ELEMENT);
  return { pointer, view: new Float32Array(buffer) };
}

export function allocatePointers(length: number): NativeArray<BigUint64Array> {
  const { pointer, buffer } = allocate(length * BigUint64Array.BYTES_PER_ELEMENT);
  return { pointer, view: new BigUint64Array(buffer) };
}

/** Allocates the table of pointers `&base[0], &base[1], …` (64-bit); `stride` is in bytes. */
export function allocatePointerTable(base: Pointer, stride: number, length: number): Pointer {
  const { pointer, view: table } = allocatePointers(length);
  for (let index = 0; index < length; index++) table[index] = base + BigInt(index * stride);
  return pointer;
}

/** A view of native memory that the library owns, as floats; valid until the library reuses that memory. */
export function viewFloats(pointer: Pointer, length: number): Float32Array {
  return new Float32Array(koffi.view(pointer, length * Float32Array.BYTES_PER_ELEMENT));
}

/** Like `viewFloats`, but for 32-bit integers. */
export function viewInt32(pointer: Pointer, length: number): Int32Array {
  return new Int32Array(koffi.view(pointer, length * Int32Array.BYTES_PER_ELEMENT));
}
