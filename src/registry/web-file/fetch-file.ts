import { createHash } from 'node:crypto';
import { systemClock } from '../../base/clock.ts';
import { requireFreeSpace, systemFreeBytes } from '../../base/disk-space.ts';
import { isCancellation, OllamaError, throwIfCanceled } from '../../base/errors.ts';
import { type Digest, parseDigest } from '../../names/digest.ts';
import { fileNameOf, shownUrl } from '../../names/file-url.ts';
import type { ModelName } from '../../names/model-name.ts';
import { downloadBlob, downloadUnknown, type FileContext } from '../pull/download.ts';
import type { Transfer } from '../pull/download-locks.ts';
import { reasonOf } from '../pull/download-retries.ts';
import { outlasts } from '../pull/layer-progress.ts';
import { bytesOnDisk, PartialFile } from '../pull/partial-file.ts';
import { measure, type PullProgress } from '../pull/pull-layers.ts';
import { fileContext, openRegistry, type PullOptions } from '../pull/pull-options.ts';
import type { RegistryConnection } from '../transport/connection.ts';
import {
  FileChangedError,
  FileRequests,
  type FileStart,
  hasValidator,
  type OfferedFile,
  probeFile,
} from './file-request.ts';
import { streamFile } from './file-stream.ts';

/** Maximum number of changes during a download; a file that changes more often is still being published. */
const MAX_CHANGES = 3;

/** A file on a web server that is to become a blob. */
export interface FileSource {
  readonly url: URL;
  /** Name of the model that the file is for; stands in for the registry. */
  readonly name: ModelName;
  /** Set when the file is known in advance; another file is refused. */
  readonly expected?: { readonly digest: Digest; readonly size: number };
  /** Throws if the file's first bytes show that it is not worth downloading. */
  readonly checkStart: (start: FileStart) => void;
  /** Throws an `invalid-request` if the file must not become a blob. */
  readonly check: (path: string) => Promise<void>;
}

type FetchOptions = Omit<PullOptions, 'origin'>;

/**
 * Downloads the file at a URL into the blob store: in parallel ranges, continuing from where an earlier download of the
 * same version ended. A file that is already stored is not downloaded again.
 * @returns the blob's digest
 * @throws OllamaError `upstream`, `storage-full`, `canceled`, and whatever the source's checks throw
 */
export async function* fetchFile(
  source: FileSource,
  options: FetchOptions,
): AsyncGenerator<PullProgress, Digest> {
  const controller = new AbortController();
  const cancel = () => controller.abort();
  options.signal?.addEventListener('abort', cancel, { once: true });
  if (options.signal?.aborted) cancel();
  const fetching = new FileFetch(source, options, controller);
  try {
    for (let changes = 0; ; changes += 1) {
      try {
        return yield* fetching.run();
      } catch (error) {
        if (!(error instanceof FileChangedError) || changes >= MAX_CHANGES) throw error;
        options.logger.warn('a file changed during its download; starting again', {
          url: shownUrl(source.url),
        });
      }
    }
  } catch (error) {
    throwIfCanceled(options.signal);
    throw explained(error, source.url);
  } finally {
    cancel();
    options.signal?.removeEventListener('abort', cancel);
  }
}

function explained(error: unknown, url: URL): unknown {
  const isOfSource = error instanceof OllamaError ? error.code === 'upstream' : error instanceof TypeError;
  if (!isOfSource || isCancellation(error)) return error;
  const reason = reasonOf(error);
  const message = reason.includes(shownUrl(url)) ? reason : `${shownUrl(url)}: ${reason}`;
  return new OllamaError('upstream', `pull ${message}`, { cause: error });
}

/** Key for finding a download again; another version of the file is a different download. */
function keyOf({ url, size, etag, lastModified }: OfferedFile): Digest {
  const text = JSON.stringify([
    url.href,
    size ?? null,
    etag ?? null,
    etag === undefined ? lastModified : null,
  ]);
  return parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
}

class FileFetch {
  readonly #source: FileSource;
  readonly #options: FetchOptions;
  readonly #controller: AbortController;
  readonly #context: FileContext;
  readonly #connection: RegistryConnection;
  readonly #records: PullOptions['store']['sources'];

  constructor(source: FileSource, options: FetchOptions, controller: AbortController) {
    this.#source = source;
    this.#options = options;
    this.#controller = controller;
    const clock = options.clock ?? systemClock;
    this.#context = fileContext(options, clock);
    this.#connection = openRegistry(source.name, { ...options, origin: source.url.origin }, clock);
    this.#records = options.store.sources;
  }

  async *run(): AsyncGenerator<PullProgress, Digest> {
    const { expected, url } = this.#source;
    if (expected && (await this.#context.blobs.size(expected.digest)) === expected.size)
      return expected.digest;
    const { signal } = this.#controller;
    const { offered, start } = await probeFile(this.#connection, url, this.#context.clock, signal);
    this.#source.checkStart(start);
    if (expected && offered.size !== undefined && offered.size !== expected.size) {
      const message = `${shownUrl(url)} has ${offered.size} bytes, not the expected ${expected.size}`;
      throw new OllamaError('upstream', message);
    }
    const size = expected?.size ?? offered.size;
    const file = { ...offered, size };
    const key = expected?.digest ?? keyOf(file);
    return yield* this.#watched(key, size, async (transfer, workSignal) =>
      size === undefined
        ? await this.#stream(transfer, workSignal)
        : await this.#download({ file, key, size, transfer, signal: workSignal }),
    );
  }

  /** Runs one download of a key at a time; other requests watch it. */
  async *#watched(
    key: Digest,
    total: number | undefined,
    work: (transfer: Transfer, signal: AbortSignal) => Promise<Digest>,
  ): AsyncGenerator<PullProgress, Digest> {
    const status = `pulling ${fileNameOf(this.#source.url)}`;
    let transfer: Transfer = { completed: 0 };
    const progress = (completed: number): PullProgress => ({
      status,
      // Clients draw a progress bar per digest; until the file's own is known, the download's key stands in.
      digest: key,
      ...(total !== undefined && { total }),
      ...(completed > 0 && { completed }),
    });
    const { signal } = this.#controller;
    const result = this.#options.locks.run(
      key,
      signal,
      (own) => work(own, signal),
      (watched) => {
        transfer = watched;
      },
      (watched) =>
        measure(watched, { digest: key, size: total ?? Number.MAX_SAFE_INTEGER }, this.#options.store.blobs),
    );
    const ended = result.then(
      () => true,
      () => true,
    );
    let isRunning = true;
    try {
      yield progress(0);
      while (await outlasts(ended, this.#context)) yield progress(transfer.completed);
      isRunning = false;
      const digest = await result;
      yield progress(total ?? transfer.completed);
      return digest;
    } finally {
      if (isRunning) this.#controller.abort();
      await ended;
    }
  }

  async #download(wanted: {
    readonly file: OfferedFile;
    readonly key: Digest;
    readonly size: number;
    readonly transfer: Transfer;
    readonly signal: AbortSignal;
  }): Promise<Digest> {
    const { file, key, size, transfer, signal } = wanted;
    const { blobs } = this.#context;
    const { expected, check } = this.#source;
    const found = expected ? await this.#present(expected) : await this.#records.find(key, size);
    if (found !== undefined) {
      transfer.completed = size;
      return found;
    }
    // Without a validator, bytes of an earlier download may belong to another version of the file.
    if (!expected && !hasValidator(file)) await this.#discard(key, size);
    const needed = Math.max(size - (await bytesOnDisk(blobs, key)), 0);
    await requireFreeSpace(blobs.folder, needed, this.#options.freeBytes ?? systemFreeBytes);
    const requests = new FileRequests(this.#connection, file, this.#context.bandwidth);
    const download = { layer: { digest: key, size }, requests, transfer, context: this.#context, signal };
    if (expected) {
      await downloadBlob(download);
      return expected.digest;
    }
    try {
      const digest = await downloadUnknown(download, check);
      if (hasValidator(file)) await this.#records.add(key, digest);
      return digest;
    } catch (error) {
      if (error instanceof FileChangedError) await this.#discard(key, size);
      throw error;
    }
  }

  async #present({ digest, size }: { digest: Digest; size: number }): Promise<Digest | undefined> {
    return (await this.#context.blobs.size(digest)) === size ? digest : undefined;
  }

  async #discard(key: Digest, size: number): Promise<void> {
    const partial = await PartialFile.open(this.#context.blobs, key, size);
    try {
      await partial.remove();
    } finally {
      await partial.close();
    }
  }

  async #stream(transfer: Transfer, signal: AbortSignal): Promise<Digest> {
    const { url, check } = this.#source;
    const freeBytes = this.#options.freeBytes ?? systemFreeBytes;
    return await streamFile(
      url,
      { ...this.#context, connection: this.#connection, freeBytes, transfer, check },
      signal,
    );
  }
}
