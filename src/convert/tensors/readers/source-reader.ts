import { bytesOf } from '../element-type.ts';
import type { TensorData } from '../tensor-data.ts';
import type { ElementReader, ReaderParts } from './element-reader.ts';

type Node<Kind extends TensorData['kind']> = Extract<TensorData, { kind: Kind }>;

/** Reads the bytes of a file. */
export function sourceReader({ tensor }: Node<'source'>, { files }: ReaderParts): ElementReader {
  const { shape, type, path } = tensor;
  return {
    shape,
    type,
    read(start, count, target) {
      const bytes = bytesOf(type, count);
      files.read(path, tensor.start + bytesOf(type, start), target.subarray(0, bytes));
    },
  };
}

/** Reads values that the plan holds. */
export function valuesReader({ shape, values }: Node<'values'>): ElementReader {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return {
    shape,
    type: 'F32',
    read: (start, count, target) => target.set(bytes.subarray(4 * start, 4 * (start + count))),
  };
}
