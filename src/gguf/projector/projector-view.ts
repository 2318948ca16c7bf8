import type { Metadata } from '../metadata.ts';
import type { GgufFile, GgufTensor } from '../types.ts';

/** Some bytes of a file, counted from its beginning. */
export interface ByteRange {
  readonly start: number;
  readonly bytes: number;
}

/** A tensor by the name, shape and order of bytes that it has in mmproj files. */
export interface ProjectorTensor {
  readonly name: string;
  /** Elements per dimension, the contiguous one first. */
  readonly shape: readonly number[];
  /** `ggml_type` number. */
  readonly type: number;
  readonly typeName: string;
  readonly byteSize: number;
  /** Its bytes, in order. One range, except in one-file models whose converter laid the values out differently. */
  readonly ranges: readonly ByteRange[];
}

/** A projector as mmproj files describe one: keys that start with "clip.", and tensors by the names of those files. */
export interface ProjectorView {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, ProjectorTensor>;
}

/** A tensor under another name, its bytes as they are. */
export function tensorAs(name: string, tensor: GgufTensor, file: GgufFile): ProjectorTensor {
  const { shape, type, typeName, byteSize } = tensor;
  return { name, shape, type, typeName, byteSize, ranges: [rangeOf(tensor, file)] };
}

export function rangeOf(tensor: GgufTensor, { dataOffset }: GgufFile): ByteRange {
  return { start: dataOffset + tensor.offset, bytes: tensor.byteSize };
}

export function byName(tensors: readonly ProjectorTensor[]): ReadonlyMap<string, ProjectorTensor> {
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}
