import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { explainStorageError, writeFileAtomically } from '../../base/atomic-file.ts';
import { renameOver } from '../../base/files/replace-file.ts';
import { openRegularFile, readRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import type { Digest } from '../../names/digest.ts';
import { makeSparse } from '../../platform/windows/sparse-file.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { parseOllamaPart } from './ollama-parts.ts';
import { type ByteRange, type Part, planParts } from './part-plan.ts';
import { decodeParts, encodeRecord, RECORD_LENGTH } from './part-state.ts';

/** Unit in which `stat` counts the disk usage of a file, by POSIX. */
const BLOCK_BYTES = 512;
/** Ollama creates 16 parts, or one per 1000 MB. */
const MAX_OLLAMA_PARTS = 10_000;
/** One of Ollama's part files is smaller than 100 bytes. */
const MAX_OLLAMA_PART_BYTES = 4096;
/** Larger than the records of any plan. */
const MAX_STATE_BYTES = 4 * MIB;

interface Handles {
  readonly data: FileHandle;
  readonly state: FileHandle;
}

/** Paths of a blob's unfinished download: `<blob>-partial`, and the state of its parts beside it. */
function pathsOf(blobs: BlobStore, digest: Digest) {
  const blob = blobs.path(digest);
  // Ollama fails on files "<blob>-partial-*" that are not its own, hence the dot.
  return { blob, data: `${blob}-partial`, state: `${blob}-partial.state` };
}

/** Bytes of the unfinished download on disk; the holes of a sparse file take none. */
export async function bytesOnDisk(blobs: BlobStore, digest: Digest): Promise<number> {
  const facts = await stat(pathsOf(blobs, digest).data).catch(() => undefined);
  return facts?.isFile() ? facts.blocks * BLOCK_BYTES : 0;
}

/** The unfinished download of one blob, which can be written at several positions concurrently. */
export class PartialFile {
  readonly path: string;
  readonly parts: readonly Part[];
  readonly #paths: ReturnType<typeof pathsOf>;
  readonly #handles: Handles;
  readonly #indexes: ReadonlyMap<Part, number>;

  private constructor(paths: ReturnType<typeof pathsOf>, parts: readonly Part[], handles: Handles) {
    this.path = paths.data;
    this.#paths = paths;
    this.parts = parts;
    this.#handles = handles;
    this.#indexes = new Map(parts.map((part, index) => [part, index]));
  }

  /**
   * Opens the file and reads its state. Part files of Ollama, whose presence means that it downloaded last, are imported. A
   * file without any state was written by an earlier version of this program and is valid from its start.
   */
  static async open(blobs: BlobStore, digest: Digest, size: number): Promise<PartialFile> {
    const paths = pathsOf(blobs, digest);
    try {
      await mkdir(dirname(paths.data), { recursive: true });
      const foreign = await ollamaPartFiles(paths.data);
      const data = await openRegularFile(paths.data, constants.O_RDWR | constants.O_CREAT, 0o644);
      try {
        // Parts are written at several positions, the last of them far behind the first.
        await makeSparse(paths.data);
        const parts = await readParts(paths.state, data, foreign, size);
        await writeFileAtomically(paths.state, parts.map(encodeRecord).join(''), 0o644, false);
        await Promise.all(foreign.map((path) => rm(path, { force: true })));
        return new PartialFile(paths, parts, { data, state: await open(paths.state, 'r+') });
      } catch (error) {
        await data.close();
        throw error;
      }
    } catch (error) {
      throw explainStorageError(error, paths.data);
    }
  }

  /** Whether there is nothing to resume from. */
  get isEmpty(): boolean {
    return this.parts.every((part) => part.completed === 0);
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    let rest = chunks;
    let written = 0;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handles.data.writev([...rest], position + written);
      written += bytesWritten;
      rest = withoutFirst(rest, bytesWritten);
    }
  }

  /** Records the progress of a part, whose bytes must have been written before. */
  async record(part: Part): Promise<void> {
    const index = this.#indexes.get(part);
    if (index !== undefined) await this.#handles.state.write(encodeRecord(part), index * RECORD_LENGTH);
  }

  /**
   * Flushes the file to disk and renames it to the blob's name. Its state is removed before, because a file without any is
   * taken for whole as far as it goes: a server killed in between leaves nothing that the next pull does not use.
   * @param blob final path, if the digest was not known before
   */
  async finish(blob: string = this.#paths.blob): Promise<void> {
    await this.#handles.data.sync();
    // On Windows, a file that is open keeps its name although it was removed.
    await this.#handles.state.close();
    await rm(this.#paths.state, { force: true });
    await renameOver(this.#paths.data, blob);
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#paths.data, { force: true });
    await rm(this.#paths.state, { force: true });
  }

  async close(): Promise<void> {
    await this.#handles.data.close();
    await this.#handles.state.close();
  }
}

function withoutFirst(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  let index = 0;
  for (; index < chunks.length; index += 1) {
    const length = chunks[index]?.length ?? 0;
    if (length > left) break;
    left -= length;
  }
  const rest = chunks.slice(index);
  return left > 0 ? rest.map((chunk, place) => (place === 0 ? chunk.subarray(left) : chunk)) : rest;
}

async function readParts(
  statePath: string,
  data: FileHandle,
  foreign: readonly string[],
  size: number,
): Promise<Part[]> {
  const { size: fileSize } = await data.stat();
  if (fileSize > size) {
    await data.truncate(0);
    return planParts(size);
  }
  if (foreign.length > 0) {
    const ranges = await Promise.all(foreign.slice(0, MAX_OLLAMA_PARTS).map(readOllamaPart));
    return planParts(
      size,
      ranges.filter(isRange).filter(({ end }) => end <= fileSize),
    );
  }
  const facts = await stat(statePath).catch(() => undefined);
  if (!facts) return planParts(size, fileSize > 0 ? [{ start: 0, end: fileSize }] : []);
  if (!facts.isFile() || facts.size > MAX_STATE_BYTES) return planParts(size);
  return decodeParts((await readRegularFile(statePath, MAX_STATE_BYTES)).toString('latin1'), size, fileSize);
}

function isRange(range: ByteRange | undefined): range is ByteRange {
  return range !== undefined && range.end > range.start;
}

async function readOllamaPart(path: string): Promise<ByteRange | undefined> {
  const bytes = await readRegularFile(path, MAX_OLLAMA_PART_BYTES).catch(() => undefined);
  return bytes && parseOllamaPart(bytes.toString());
}

async function ollamaPartFiles(dataPath: string): Promise<string[]> {
  const folder = dirname(dataPath);
  const prefix = `${basename(dataPath)}-`;
  return (await readdir(folder)).filter((name) => name.startsWith(prefix)).map((name) => join(folder, name));
}
