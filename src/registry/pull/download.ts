import { createHash } from 'node:crypto';
import { explainStorageError } from '../../base/atomic-file.ts';
import { OllamaError, throwIfCanceled } from '../../base/errors.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import { type Digest, parseDigest } from '../../names/digest.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { Layer } from '../../store/manifest.ts';
import { BlobRequests, type OpenBlob } from './blob-request.ts';
import type { Transfer } from './download-locks.ts';
import { type Connections, PartDownload } from './part-download.ts';
import { isComplete, type Part } from './part-plan.ts';
import { PartialFile } from './partial-file.ts';
import { PrefixHash } from './prefix-hash.ts';
import { type RangeReader, TooManyBytesError } from './range-body.ts';

/** Each check reads the whole file, so a registry that sends different bytes each time only gets a few. */
const MAX_EARLY_CHECKS = 8;

export interface FileContext extends Connections {
  readonly blobs: BlobStore;
}

export interface DownloadContext extends FileContext {
  readonly openBlob: OpenBlob;
}

type Known = Pick<Layer, 'digest' | 'size'>;

/**
 * Downloads a blob into the store, continuing from where an earlier download ended, and checks its digest.
 * @throws OllamaError `upstream` (a digest mismatch, "max retries exceeded: …"), `storage-full`, `canceled`
 */
export async function downloadLayer(
  layer: Layer,
  transfer: Transfer,
  context: DownloadContext,
  signal: AbortSignal,
): Promise<void> {
  const requests = new BlobRequests(context.openBlob, layer, context.bandwidth);
  await downloadBlob({ layer, requests, transfer, context, signal });
}

interface Wanted {
  readonly layer: Known;
  readonly requests: RangeReader;
  readonly transfer: Transfer;
  readonly context: FileContext;
  readonly signal: AbortSignal;
}

/** Like `downloadLayer`, from any source of ranges. */
export async function downloadBlob(wanted: Wanted): Promise<void> {
  await withPartialFile(wanted, async (file, download) => {
    await download.run(wanted.signal);
    await file.finish();
  });
}

/**
 * Downloads a file whose digest is not known in advance.
 * @param wanted its `layer.digest` is a key for finding an unfinished download again
 * @param check called with the path of the complete file; the file is removed when it throws an `invalid-request`
 * @returns the digest of the downloaded bytes
 */
export async function downloadUnknown(
  wanted: Wanted,
  check: (path: string) => Promise<void>,
): Promise<Digest> {
  return await withPartialFile(wanted, async (file, download) => {
    const digest = parseDigest(`sha256:${await download.fetch(wanted.signal)}`);
    const { blobs } = wanted.context;
    try {
      await check(file.path);
    } catch (error) {
      if (error instanceof OllamaError && error.code === 'invalid-request') await file.remove();
      throw error;
    }
    if ((await blobs.size(digest)) === wanted.layer.size) await file.remove();
    else await file.finish(blobs.path(digest));
    return digest;
  });
}

async function withPartialFile<T>(
  { layer, requests, transfer, context, signal }: Wanted,
  work: (file: PartialFile, download: Download) => Promise<T>,
): Promise<T> {
  const file = await PartialFile.open(context.blobs, layer.digest, layer.size);
  try {
    return await work(file, new Download(layer, file, transfer, requests, context));
  } catch (error) {
    const isUseless = file.isEmpty || error instanceof TooManyBytesError;
    if (isUseless) await file.remove();
    throwIfCanceled(signal);
    throw explainStorageError(error, context.blobs.folder);
  } finally {
    await file.close();
  }
}

class Download {
  readonly #layer: Known;
  readonly #file: PartialFile;
  readonly #transfer: Transfer;
  readonly #context: FileContext;
  readonly #parts: PartDownload;
  #hash: PrefixHash | undefined;
  /** Index of the first incomplete part. */
  #firstOpen = 0;

  constructor(
    layer: Known,
    file: PartialFile,
    transfer: Transfer,
    requests: RangeReader,
    context: FileContext,
  ) {
    this.#layer = layer;
    this.#file = file;
    this.#transfer = transfer;
    this.#context = context;
    this.#parts = new PartDownload(layer, file, requests, context, (bytes) => {
      transfer.completed += bytes;
      this.#advance();
    });
  }

  /** @returns the hash of the whole file, hex digits */
  async fetch(signal: AbortSignal): Promise<string> {
    this.#transfer.completed = this.#file.parts.reduce((sum, part) => sum + part.completed, 0);
    return await this.#hashed(signal, () => this.#parts.fetchMissing(signal));
  }

  async run(signal: AbortSignal): Promise<void> {
    const wanted = this.#layer.digest.slice('sha256:'.length);
    let found = await this.fetch(signal);
    if (found === wanted) return;
    this.#context.logger.warn('a downloaded blob has the wrong digest; downloading its parts again', {
      digest: this.#layer.digest,
    });
    found = (await this.#repair(wanted, signal)) ?? found;
    if (found === wanted) return;
    await this.#file.remove();
    const message = `digest mismatch, file must be downloaded again: want ${this.#layer.digest}, got sha256:${found}`;
    throw new OllamaError('upstream', message);
  }

  /** Computes the hash of the whole file while the work is going on. */
  async #hashed(signal: AbortSignal, work: () => Promise<void>): Promise<string> {
    const hash = new PrefixHash(this.#file.path, this.#layer.size);
    this.#hash = hash;
    this.#firstOpen = 0;
    try {
      this.#advance();
      await work();
      return await hash.digest(signal);
    } finally {
      this.#hash = undefined;
      await hash.close();
    }
  }

  #advance(): void {
    const { parts } = this.#file;
    for (let part = parts[this.#firstOpen]; part && isComplete(part); part = parts[this.#firstOpen])
      this.#firstOpen += 1;
    const open = parts[this.#firstOpen];
    this.#hash?.advance(open ? open.start + open.completed : this.#layer.size);
  }

  /** @returns the new hash, or undefined when every byte was the same as before */
  async #repair(wanted: string, signal: AbortSignal): Promise<string | undefined> {
    const suspects = await this.#suspects(signal);
    let found: string | undefined;
    let isChanged = false;
    let checks = 0;
    for (const [part, before] of suspects) {
      if (this.#parts.ignoresRanges) break;
      await this.#fetchAgain([part], signal);
      isChanged ||= part.hash !== before;
      if (!isChanged || checks >= MAX_EARLY_CHECKS) continue;
      found = await this.#hashed(signal, async () => undefined);
      if (found === wanted) return found;
      checks += 1;
      isChanged = false;
    }
    if (this.#parts.ignoresRanges) {
      await this.#fetchAgain(this.#file.parts, signal);
      isChanged = true;
    }
    return isChanged ? await this.#hashed(signal, async () => undefined) : found;
  }

  /** All parts with the hash of their bytes on disk: parts damaged on disk first, then those begun by earlier processes. */
  async #suspects(signal: AbortSignal): Promise<(readonly [Part, string])[]> {
    const found: { part: Part; hash: string; rank: number }[] = [];
    for (const part of this.#file.parts) {
      const hash = await hashPart(this.#file.path, part, signal);
      const rank = part.hash === undefined ? 1 : 2;
      found.push({ part, hash, rank: rank === 2 && part.hash !== hash ? 0 : rank });
    }
    return found.sort((left, right) => left.rank - right.rank).map(({ part, hash }) => [part, hash]);
  }

  async #fetchAgain(parts: readonly Part[], signal: AbortSignal): Promise<void> {
    for (const part of parts) {
      this.#transfer.completed -= part.completed;
      part.completed = 0;
      part.hash = undefined;
      await this.#file.record(part);
    }
    await this.#parts.fetchMissing(signal);
  }
}

async function hashPart(path: string, { start, end }: Part, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const file = await openRegularFile(path);
  for await (const chunk of file.createReadStream({ start, end: end - 1 })) {
    throwIfCanceled(signal);
    hash.update(chunk);
  }
  return hash.digest('hex');
}
