/** Element types of the format (https://github.com/huggingface/safetensors), with the bytes of one element. */
export const safeTypes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

export type SafeType = keyof typeof safeTypes;

/** A tensor of a safetensors file, checked: it lies within the file, and its shape and type give its size. */
export interface SafeTensor {
  readonly name: string;
  readonly type: SafeType;
  /** Elements per dimension, the slowest first; empty for a scalar. */
  readonly shape: readonly number[];
  /** File that holds the bytes. */
  readonly path: string;
  /** Bytes from the start of the file. */
  readonly start: number;
  readonly byteSize: number;
}
