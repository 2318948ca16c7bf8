import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { explainStorageError } from '../base/atomic-file.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';
import { type Digest, parseDigest } from '../names/digest.ts';
import type { BlobStore } from '../store/blob-store.ts';

/** Bytes hashed between two looks at the cancel signal. */
const HASH_CHUNK_BYTES = 1024 * 1024;

/** The unfinished download of one blob: `<blob>-partial`, whole from its start up to its size. */
export class PartialFile {
  readonly #digest: Digest;
  readonly #blobPath: string;
  readonly #path: string;

  constructor(blobs: BlobStore, digest: Digest) {
    this.#digest = digest;
    this.#blobPath = blobs.path(digest);
    this.#path = `${this.#blobPath}-partial`;
  }

  /** Bytes there; 0 when nothing is. */
  async size(): Promise<number> {
    const facts = await stat(this.#path).catch(() => undefined);
    return facts?.isFile() ? facts.size : 0;
  }

  /**
   * Opens for writing. A sparse file that Ollama's parallel download left behind (it has `-partial-<n>` files
   * beside it) is whole nowhere for sure, so it is emptied.
   */
  async open(): Promise<FileHandle> {
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      const parts = await this.#parallelParts();
      const file = await open(this.#path, constants.O_RDWR | constants.O_CREAT, 0o644);
      if (parts.length > 0) await file.truncate(0);
      await Promise.all(parts.map((part) => rm(part, { force: true })));
      return file;
    } catch (error) {
      throw explainStorageError(error, this.#path);
    }
  }

  /**
   * Makes it the blob when its bytes have the digest, else removes it.
   * @throws OllamaError `upstream` on a mismatch, `canceled`
   */
  async finish(signal: AbortSignal): Promise<void> {
    const found = await hashFile(this.#path, signal);
    if (found !== this.#digest) {
      await rm(this.#path, { force: true });
      const message = `digest mismatch, file must be downloaded again: want ${this.#digest}, got ${found}`;
      throw new OllamaError('upstream', message);
    }
    await rename(this.#path, this.#blobPath);
  }

  async #parallelParts(): Promise<string[]> {
    const folder = dirname(this.#path);
    const prefix = `${basename(this.#path)}-`;
    return (await readdir(folder))
      .filter((name) => name.startsWith(prefix))
      .map((name) => join(folder, name));
  }
}

async function hashFile(path: string, signal: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: HASH_CHUNK_BYTES })) {
    throwIfCanceled(signal);
    hash.update(chunk);
  }
  return parseDigest(`sha256:${hash.digest('hex')}`);
}
