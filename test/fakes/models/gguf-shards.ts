import { readFile } from 'node:fs/promises';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import type { GgufValue } from '../../../src/gguf/types.ts';
import { encodeGguf } from '../../../src/gguf/writer.ts';

/**
 * Splits a GGUF file into shards like llama.cpp's `llama-gguf-split`: the first has all metadata and no tensors, the
 * others have the tensors.
 * @returns a map from file name to bytes
 */
export async function splitGguf(path: string, name: string, count: number): Promise<Map<string, Uint8Array>> {
  const bytes = await readFile(path);
  const { metadata, tensors, dataOffset } = await readGgufFile(path, { arrays: 'keep' });
  const contents = tensors.map(({ offset, byteSize, ...tensor }) => {
    const start = dataOffset + offset;
    return { ...tensor, data: bytes.subarray(start, start + byteSize) };
  });
  const each = Math.ceil(contents.length / (count - 1));
  const shards = new Map<string, Uint8Array>();
  for (let number = 0; number < count; number += 1) {
    const split: Record<string, GgufValue> = {
      'split.no': { type: 'u16', value: number },
      'split.count': { type: 'u16', value: count },
      'split.tensors.count': { type: 'i32', value: contents.length },
    };
    const digits = (value: number) => String(value).padStart(5, '0');
    shards.set(
      `${name}-${digits(number + 1)}-of-${digits(count)}.gguf`,
      encodeGguf({
        metadata: number === 0 ? { ...Object.fromEntries(metadata), ...split } : split,
        tensors: number === 0 ? [] : contents.slice((number - 1) * each, number * each),
      }),
    );
  }
  return shards;
}
