import type { ProgressResponse } from '../api/common.ts';
import { AsyncQueue } from '../base/async-queue.ts';
import { type FreeBytes, requireFreeSpace, systemFreeBytes } from '../base/disk-space.ts';
import { OllamaError } from '../base/errors.ts';
import { mergedShards, type Shard, shardPlace } from '../gguf/merge-shards.ts';
import { readGgufFile } from '../gguf/parse.ts';
import type { GgufFile } from '../gguf/types.ts';
import type { Digest } from '../names/digest.ts';
import type { BlobStore, WrittenBlob } from '../store/blob-store.ts';
import type { UploadedFile } from './create-plan.ts';

/** llama.cpp numbers shards with five digits; the largest models have a few hundred shards. */
const MAX_SHARDS = 10_000;

/** Number of progress events per merge: enough for a smooth progress bar. */
const PROGRESS_EVENTS = 200;

export interface JoinedFiles {
  /** All files, with the shards replaced by the merged file. */
  readonly files: readonly UploadedFile[];
  readonly merged?: Digest;
  /** Blobs of the shards, no longer needed once the model exists. */
  readonly shards: readonly Digest[];
}

interface Part {
  readonly file: UploadedFile;
  readonly path: string;
  readonly number: number;
  readonly count: number;
}

/**
 * Merges the shards of a split model into one file, which every program can load.
 * @throws OllamaError `invalid-request` when shards are missing or do not belong together, `storage-full`, `canceled`
 */
export async function* joinShards(
  files: readonly UploadedFile[],
  blobs: BlobStore,
  signal: AbortSignal | undefined,
  freeBytes: FreeBytes = systemFreeBytes,
): AsyncGenerator<ProgressResponse, JoinedFiles> {
  const parts: Part[] = [];
  for (const file of files) {
    const path = await blobs.locate(file.digest);
    // Unreadable files are refused later, with the reason.
    const gguf = await readGgufFile(path).catch(() => undefined);
    const place = gguf && shardPlace(gguf);
    if (place) parts.push({ file, path, ...place });
  }
  const [any] = parts;
  if (!any) return { files, shards: [] };
  const ordered = inOrder(parts, any.count);
  const shards: Shard[] = [];
  for (const { path } of ordered) {
    shards.push({ path, file: await readGgufFile(path, { arrays: shards.length === 0 ? 'keep' : 'skip' }) });
  }
  const big = ordered.find((_, index) => shards[index]?.file.littleEndian === false);
  if (big) throw refuse(`${big.file.name} is big-endian: convert it to little-endian GGUF first`);
  const total = shards.reduce((sum, shard) => sum + tensorBytes(shard.file), 0);
  await requireFreeSpace(blobs.folder, total, freeBytes);
  const { digest } = yield* writeMerged(shards, total, blobs, signal);
  const others = files.filter((file) => parts.every((part) => part.file !== file));
  const name = any.file.name.replace(/-\d{5}-of-\d{5}(?=\.gguf$)/, '');
  return {
    files: [{ name, digest }, ...others],
    merged: digest,
    shards: parts.map(({ file }) => file.digest),
  };
}

/** Writes the merged file and reports progress. Leaving the iteration cancels the write. */
async function* writeMerged(
  shards: readonly Shard[],
  total: number,
  blobs: BlobStore,
  signal: AbortSignal | undefined,
): AsyncGenerator<ProgressResponse, WrittenBlob> {
  const status = `merging ${shards.length} shards`;
  yield { status, total };
  const left = new AbortController();
  const either = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
  const written = new AsyncQueue<number>((_, next) => next);
  const work = blobs
    .write(counted(mergedShards(shards, either), total / PROGRESS_EVENTS, written), { signal: either })
    .finally(() => written.end());
  const settled = work.catch(() => undefined);
  try {
    for await (const completed of written) yield { status, total, completed: Math.min(completed, total) };
    return await work;
  } finally {
    left.abort();
    await settled;
  }
}

function tensorBytes({ tensors }: GgufFile): number {
  return tensors.reduce((sum, { byteSize }) => sum + byteSize, 0);
}

/** Passes chunks on and reports the total byte count after every `step` bytes. */
async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  step: number,
  written: AsyncQueue<number>,
): AsyncGenerator<Uint8Array> {
  let completed = 0;
  let told = 0;
  for await (const chunk of chunks) {
    yield chunk;
    completed += chunk.length;
    if (completed - told < step) continue;
    told = completed;
    written.push(completed);
  }
  if (completed > told) written.push(completed);
}

function inOrder(parts: readonly Part[], count: number): Part[] {
  if (count > MAX_SHARDS) throw refuse(`files: at most ${MAX_SHARDS} shards are allowed`);
  const other = parts.find((part) => part.count !== count);
  if (other)
    throw refuse(
      `files: ${other.file.name} belongs to another set of shards: create one model from each set`,
    );
  const byNumber = new Map(parts.map((part) => [part.number, part]));
  if (byNumber.size !== parts.length) throw refuse('files: two files are the same shard: remove one of them');
  return Array.from({ length: count }, (_, number) => {
    const part = byNumber.get(number);
    if (part) return part;
    throw refuse(`files: shard ${number + 1} of ${count} is missing: provide all of them`);
  });
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
