import { readFile } from 'node:fs/promises';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import { describeValue, shortHash } from './describe-value.ts';
import { type ExpectedFile, type ImportType, importTypes } from './import-case.ts';

export interface DescribedFile {
  readonly metadata: unknown[];
  /** Name, type, shape and hash of each tensor. */
  readonly tensors: unknown[];
}

/** A GGUF file in the form of the fixtures. */
export async function describeFile(path: string): Promise<DescribedFile> {
  const { metadata, tensors, dataOffset } = await readGgufFile(path, { arrays: 'keep' });
  const bytes = await readFile(path);
  return {
    metadata: [...metadata].map(([key, value]) => [key, ...describeValue(value)]),
    tensors: tensors.map(({ name, typeName, shape, offset, byteSize }) => {
      const start = dataOffset + offset;
      return [name, typeName, shape, shortHash(bytes.subarray(start, start + byteSize))];
    }),
  };
}

export function tensorsOf({ tensors }: ExpectedFile, type: ImportType): unknown[] {
  return tensors.map(([name, shape, ...hashes]) => {
    const [first = '', second] = (hashes[importTypes.indexOf(type)] ?? hashes[0] ?? '').split(':');
    return second === undefined ? [name, type, shape, first] : [name, first, shape, second];
  });
}
