import { throwIfCanceled } from '../base/errors.ts';
import { openRegularFile } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { invalidGguf, quote } from './errors.ts';
import { metadataNumber } from './metadata.ts';
import type { GgufFile, GgufTensor, GgufValue } from './types.ts';
import { encodeGgufStart } from './writer.ts';

/** One parsed file of a model that llama.cpp's `llama-gguf-split` has split. */
export interface Shard {
  readonly path: string;
  readonly file: GgufFile;
}

/** Bytes copied between two checks of the cancel signal. */
const CHUNK_BYTES = MIB;

/** Metadata keys: https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h, llama_split_path. */
const SPLIT_NUMBER = 'split.no';
const SPLIT_COUNT = 'split.count';
const SPLIT_TENSORS = 'split.tensors.count';

/** @returns the shard's number, from 0, and the number of shards; undefined for a whole file */
export function shardPlace({ metadata }: GgufFile): { number: number; count: number } | undefined {
  const count = metadataNumber(metadata, SPLIT_COUNT) ?? 1;
  return count > 1 ? { number: metadataNumber(metadata, SPLIT_NUMBER) ?? 0, count } : undefined;
}

/**
 * Yields the bytes of one GGUF file with the tensors of all shards and the metadata of the first.
 * @param shards in order, the first parsed with `arrays: 'keep'`
 * @throws OllamaError `invalid-request` when they do not belong together, `canceled`
 */
export async function* mergedShards(
  shards: readonly Shard[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const [first] = shards;
  if (!first) return;
  const { metadata, alignment, littleEndian } = first.file;
  const tensors = shards.flatMap(({ file }) => file.tensors);
  checkTensors(tensors, metadataNumber(metadata, SPLIT_TENSORS));
  yield encodeGgufStart({ metadata: withoutSplit(metadata), tensors, littleEndian });
  for (const { path, file } of shards) {
    for (const tensor of file.tensors) yield* tensorBytes(path, file, tensor, alignment, signal);
  }
}

function withoutSplit(metadata: ReadonlyMap<string, GgufValue>): Record<string, GgufValue> {
  return Object.fromEntries([...metadata].filter(([key]) => !key.startsWith('split.')));
}

function checkTensors(tensors: readonly GgufTensor[], expected: number | undefined): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw invalidGguf(`two shards contain the tensor ${quote(name)}`);
    names.add(name);
  }
  if (expected === undefined || expected === tensors.length) return;
  throw invalidGguf(`the shards have ${tensors.length} tensors together, but the model has ${expected}`);
}

async function* tensorBytes(
  path: string,
  { dataOffset }: GgufFile,
  { offset, byteSize }: GgufTensor,
  alignment: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (byteSize > 0) {
    const start = dataOffset + offset;
    const file = await openRegularFile(path);
    const stream = file.createReadStream({
      start,
      end: start + byteSize - 1,
      highWaterMark: CHUNK_BYTES,
    });
    let copied = 0;
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      throwIfCanceled(signal);
      copied += chunk.length;
      yield chunk;
    }
    if (copied !== byteSize) throw invalidGguf('a shard became shorter while it was being read');
  }
  const missing = (alignment - (byteSize % alignment)) % alignment;
  if (missing > 0) yield new Uint8Array(missing);
}
