import { type SafeType, safeTypes } from '../safetensors/safe-tensor.ts';

/** What the elements of a `TensorData` are: a type of safetensors files, or ggml's blocks of 32 values of 4 bits. */
export type ElementType = SafeType | 'MXFP4';

/** Elements are stored in blocks of `elements` values that take `bytes` bytes. */
interface ElementLayout {
  readonly elements: number;
  readonly bytes: number;
}

/** ggml's `block_mxfp4`: an exponent, then 32 values of 4 bits. */
export const MXFP4_ELEMENTS = 32;
export const MXFP4_BYTES = 17;

export function elementLayout(type: ElementType): ElementLayout {
  return type === 'MXFP4'
    ? { elements: MXFP4_ELEMENTS, bytes: MXFP4_BYTES }
    : { elements: 1, bytes: safeTypes[type] };
}

export function bytesOf(type: ElementType, elements: number): number {
  const layout = elementLayout(type);
  return (elements / layout.elements) * layout.bytes;
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
