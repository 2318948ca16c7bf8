/** Types of a parsed GGUF file (format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). */

type GgufNumberType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32' | 'f64';
export type GgufScalarType = GgufNumberType | 'u64' | 'i64' | 'bool' | 'string';

export type GgufScalar = number | bigint | boolean | string;

export interface GgufArray {
  readonly elementType: GgufScalarType;
  readonly count: number;
  /** Absent when the array was large and the file was parsed with `arrays: 'skip'`. */
  readonly values?: readonly GgufScalar[];
}

export type GgufValue =
  | { readonly type: GgufNumberType; readonly value: number }
  | { readonly type: 'u64' | 'i64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly value: GgufArray };

export interface GgufTensor {
  readonly name: string;
  /** Elements per dimension, the contiguous one first; empty for a scalar. */
  readonly shape: readonly number[];
  /** `ggml_type` number. */
  readonly type: number;
  /** Name of the type in capitals, for example "F32" or "Q4_K". */
  readonly typeName: string;
  /** Bytes from the start of the file's data section. */
  readonly offset: number;
  readonly byteSize: number;
}

export interface GgufFile {
  readonly version: number;
  readonly littleEndian: boolean;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  /** Bytes; tensors start at multiples of it. */
  readonly alignment: number;
  /** Start of the data section, in bytes from the start of the file. */
  readonly dataOffset: number;
  readonly fileSize: number;
  /** Text of each token that a `tokenizer.ggml.*_token_id` names, even when the vocabulary was skipped. */
  readonly specialTokens: ReadonlyMap<number, string>;
  /** Whether the vocabulary has tokens for filling in the middle of a text. */
  readonly hasInsertTokens: boolean;
}
