import type { FileHandle } from 'node:fs/promises';
import { explainStorageError } from '../base/atomic-file.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf, OllamaError, throwIfCanceled } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { BlobStore } from '../store/blob-store.ts';
import type { Layer } from '../store/manifest.ts';
import { requireIdentity, startOf } from './blob-response.ts';
import { type RegistryConnection, RegistryStatusError, STALL_TIMEOUT_MS } from './connection.ts';
import type { Transfer } from './download-locks.ts';
import { PartialFile } from './partial-file.ts';
import { pause } from './pause.ts';
import { StallGuard } from './stall-guard.ts';

/** Waits between tries that brought no byte: a minute in all, long enough for a router to come back. */
const RETRY_DELAYS_MS = [1000, 2000, 4000, 8000, 16_000, 32_000] as const;

export interface DownloadContext {
  readonly registry: RegistryConnection;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Brings a layer's partial file to its full size, from where an earlier download ended. Tries again after stalls,
 * broken connections and server errors; as long as bytes arrive it never gives up.
 * @throws OllamaError `upstream` ("max retries exceeded: …"), `storage-full`, `canceled`
 */
export async function downloadLayer(
  layer: Layer,
  transfer: Transfer,
  context: DownloadContext,
  signal: AbortSignal,
): Promise<void> {
  const file = await new PartialFile(context.blobs, layer.digest).open();
  try {
    const { size } = await file.stat();
    const download = new Download(file, layer, transfer, context);
    if (size > layer.size) await download.restart();
    else transfer.completed = size;
    await download.run(signal);
    await file.sync();
  } catch (error) {
    throwIfCanceled(signal);
    throw explainStorageError(error, context.blobs.folder);
  } finally {
    await file.close();
  }
}

class Download {
  readonly #file: FileHandle;
  readonly #layer: Layer;
  readonly #transfer: Transfer;
  readonly #context: DownloadContext;
  /** Tries in a row that brought no byte. */
  #failures = 0;

  constructor(file: FileHandle, layer: Layer, transfer: Transfer, context: DownloadContext) {
    this.#file = file;
    this.#layer = layer;
    this.#transfer = transfer;
    this.#context = context;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (this.#transfer.completed < this.#layer.size) {
      const before = this.#transfer.completed;
      const guard = new StallGuard(this.#context.clock, STALL_TIMEOUT_MS, signal);
      try {
        await this.#try(guard);
      } catch (error) {
        throwIfCanceled(signal);
        if (this.#transfer.completed > before) this.#failures = 0;
        await pause(this.#context.clock, this.#delayAfter(error, guard.stalled), signal);
      } finally {
        guard.close();
      }
    }
  }

  async restart(): Promise<void> {
    await this.#file.truncate(0);
    this.#transfer.completed = 0;
  }

  async #try(guard: StallGuard): Promise<void> {
    const { size, digest } = this.#layer;
    const response = await this.#request(this.#transfer.completed, guard.signal);
    guard.heard();
    requireIdentity(response, this.#layer);
    const start = startOf(response, this.#layer);
    if (start !== this.#transfer.completed) {
      if (start !== 0)
        throw new OllamaError('upstream', `the registry sent another part of ${digest} than asked for`);
      await this.restart();
    }
    for await (const chunk of response.body ?? []) {
      guard.heard();
      if (this.#transfer.completed + chunk.length > size) {
        throw new OllamaError('upstream', `the registry sent more than the ${size} bytes of ${digest}`);
      }
      await this.#write(chunk);
    }
    if (this.#transfer.completed < size) throw new InterruptedError('unexpected EOF');
  }

  async #request(offset: number, signal: AbortSignal): Promise<Response> {
    const path = `blobs/${this.#layer.digest}`;
    const headers = { 'Accept-Encoding': 'identity' };
    if (offset === 0) return await this.#context.registry.get(path, headers, signal);
    try {
      return await this.#context.registry.get(path, { ...headers, Range: `bytes=${offset}-` }, signal);
    } catch (error) {
      const rangeRefused = error instanceof RegistryStatusError && error.registryStatus === 416;
      if (!rangeRefused) throw error;
      return await this.#context.registry.get(path, headers, signal);
    }
  }

  async #write(chunk: Uint8Array): Promise<void> {
    let written = 0;
    while (written < chunk.length) {
      const position = this.#transfer.completed;
      const { bytesWritten } = await this.#file.write(chunk, written, chunk.length - written, position);
      written += bytesWritten;
      this.#transfer.completed += bytesWritten;
    }
  }

  /** Milliseconds until the next try: none after a stall, which has been a wait already. */
  #delayAfter(error: unknown, stalled: boolean): number {
    if (!stalled && !isWorthRetrying(error)) throw error;
    const reason = stalled ? 'the registry went silent' : reasonOf(error);
    const delay = RETRY_DELAYS_MS[this.#failures];
    if (delay === undefined) {
      throw new OllamaError('upstream', `max retries exceeded: ${reason}`, { cause: error });
    }
    this.#failures += 1;
    this.#context.logger.warn('download interrupted, trying again', { digest: this.#layer.digest, reason });
    return stalled ? 0 : delay;
  }
}

class InterruptedError extends Error {}

/** `fetch` reports every network failure as a TypeError with the system's error as its cause. */
function isWorthRetrying(error: unknown): boolean {
  if (error instanceof RegistryStatusError)
    return error.registryStatus >= 500 || error.registryStatus === 429;
  return error instanceof InterruptedError || (error instanceof TypeError && error.cause !== undefined);
}

/** Says what went wrong below `fetch`, which itself only says "fetch failed". */
export function reasonOf(error: unknown): string {
  const cause = error instanceof TypeError ? error.cause : undefined;
  if (cause === undefined) return messageOf(error);
  return messageOf(cause instanceof AggregateError ? cause.errors[0] : cause);
}
