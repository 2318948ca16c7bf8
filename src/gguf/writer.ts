import { writeFileAtomically } from '../base/atomic-file.ts';
import { OllamaError } from '../base/errors.ts';
import { ByteWriter } from './byte-writer.ts';
import { DEFAULT_ALIGNMENT } from './limits.ts';
import { tensorType } from './tensor-types.ts';
import type { GgufArray, GgufScalar, GgufScalarType, GgufValue } from './types.ts';
import { fixedSizeTypes, valueTypes } from './value-types.ts';

/** One tensor to write. */
export interface TensorContent {
  readonly name: string;
  /** Elements per dimension, the contiguous one first. */
  readonly shape: readonly number[];
  /** `ggml_type` number. */
  readonly type: number;
  readonly data: Uint8Array;
}

/** A file to write. */
export interface GgufContent {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly TensorContent[];
  /** Defaults to true; the engine loads no other files. */
  readonly littleEndian?: boolean;
}

/** A tensor's entry in the tensor table. */
interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly byteSize: number;
}

const VERSION = 3;

/**
 * Encodes a whole GGUF file, version 3, in memory; meant for small files.
 * @throws OllamaError `invalid-request` when a tensor's data does not have the size of its shape and type, or an array
 * lacks elements
 */
export function encodeGguf({ metadata, tensors, littleEndian = true }: GgufContent): Uint8Array {
  const writer = new ByteWriter(littleEndian);
  const alignment = putStart(
    writer,
    metadata,
    tensors.map((tensor) => ({ ...tensor, byteSize: tensor.data.length })),
  );
  for (const tensor of tensors) {
    writer.bytes(tensor.data);
    writer.pad(alignment);
  }
  return writer.finish();
}

/**
 * Encodes everything before the data, in version 3. The tensors' data follows in order, each padded to the alignment.
 * @throws OllamaError `invalid-request` when a tensor's size does not match its shape and type
 */
export function encodeGgufStart({
  metadata,
  tensors,
  littleEndian,
}: {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly TensorEntry[];
  readonly littleEndian: boolean;
}): Uint8Array {
  const writer = new ByteWriter(littleEndian);
  putStart(writer, metadata, tensors);
  return writer.finish();
}

/** @returns the alignment */
function putStart(
  writer: ByteWriter,
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly TensorEntry[],
): number {
  writer.bytes(new TextEncoder().encode('GGUF'));
  writer.u32(VERSION);
  writer.u64(tensors.length);
  const entries = Object.entries(metadata);
  writer.u64(entries.length);
  for (const [key, value] of entries) {
    writer.text(key);
    putValue(writer, value);
  }
  const declared = metadata['general.alignment'];
  const alignment = declared?.type === 'u32' ? declared.value : DEFAULT_ALIGNMENT;
  putTensorTable(writer, tensors, alignment);
  writer.pad(alignment);
  return alignment;
}

/**
 * Writes the whole file or nothing.
 * @throws OllamaError as `encodeGguf`; system errors of writing
 */
export function writeGguf(path: string, content: GgufContent): Promise<void> {
  return writeFileAtomically(path, encodeGguf(content));
}

export function listOf(elementType: GgufScalarType, values: readonly GgufScalar[]): GgufValue {
  return { type: 'array', value: { elementType, count: values.length, values } };
}

function putTensorTable(writer: ByteWriter, tensors: readonly TensorEntry[], alignment: number): void {
  let offset = 0;
  for (const { name, shape, type, byteSize } of tensors) {
    checkData(name, shape, type, byteSize);
    writer.text(name);
    writer.u32(shape.length);
    for (const length of shape) writer.u64(length);
    writer.u32(type);
    writer.u64(offset);
    offset += Math.ceil(byteSize / alignment) * alignment;
  }
}

function checkData(name: string, shape: readonly number[], number: number, bytes: number): void {
  const type = tensorType(number);
  const elements = shape.reduce((product, length) => product * length, 1);
  const expected = type && (elements / type.elements) * type.bytes;
  if (bytes === expected) return;
  const message = `tensor ${JSON.stringify(name)} has ${bytes} bytes of data, expected ${expected ?? 'a known type'}`;
  throw new OllamaError('invalid-request', message);
}

function putValue(writer: ByteWriter, { type, value }: GgufValue): void {
  writer.u32(valueTypes.indexOf(type));
  if (type !== 'array') {
    putScalar(writer, type, value);
    return;
  }
  writer.u32(valueTypes.indexOf(value.elementType));
  writer.u64(value.count);
  for (const element of elementsOf(value)) putScalar(writer, value.elementType, element);
}

/** A file read with `arrays: 'skip'` lacks the elements of its large arrays, and would be written as a damaged one. */
function elementsOf({ count, values = [] }: GgufArray): readonly GgufScalar[] {
  if (values.length === count) return values;
  const message = `a metadata array of ${count} elements has ${values.length} values: read its file with arrays: 'keep'`;
  throw new OllamaError('invalid-request', message);
}

function putScalar(writer: ByteWriter, type: GgufScalarType, value: GgufScalar): void {
  if (type === 'string') {
    writer.text(String(value));
    return;
  }
  const { bytes, write } = fixedSizeTypes[type];
  writer.put(bytes, (view, at, littleEndian) => write(view, at, value, littleEndian));
}
