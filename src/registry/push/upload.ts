import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { messageOf, OllamaError, throwIfCanceled } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { Layer } from '../../store/manifest.ts';
import { SessionLostError, SilenceError } from '../pull/download-retries.ts';
import { discardBody } from '../transport/bounded-body.ts';
import type { RegistryConnection, RegistryRequest } from '../transport/connection.ts';
import { Retries } from '../transport/retries.ts';
import { StallGuard } from '../transport/stall-guard.ts';
import { RegistryStatusError } from '../transport/status-error.ts';
import { acknowledgedBytes, PartsTag, partSizeOf, readSection } from './upload-parts.ts';

/** Limit of the time without progress or an answer to a part: registries write parts of 1 GB to slow storage. */
const SILENCE_TIMEOUT_MS = 2 * 60 * 1000;

/** Some registries read the whole blob again before they accept it. */
const COMMIT_TIMEOUT_MS = 5 * 60 * 1000;

/** Maximum number of restarts of an upload; without a limit, a large blob could be sent for ever. */
const MAX_RESTARTS = 3;

/** Statuses for an upload that the registry does not know, or not at this position. */
const lostStatuses = [400, 404, 410, 416];

export interface UploadContext {
  readonly registry: RegistryConnection;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Number of bytes sent. */
export interface SentBytes {
  completed: number;
}

/**
 * Sends a blob in parts, one after the other. After an interruption, continues from where the registry reports to be. A
 * registry that has the blob in another repository takes it from there.
 * @param mountFrom that repository, "library/smollm2"
 * @throws OllamaError `upstream` ("max retries exceeded: …"), `canceled`
 */
export async function uploadBlob(
  layer: Layer,
  mountFrom: string | undefined,
  sent: SentBytes,
  context: UploadContext,
  signal: AbortSignal,
): Promise<void> {
  const file = await context.blobs.open(layer.digest);
  try {
    await new Upload(file, layer, sent, context, signal).run(mountFrom);
  } catch (error) {
    throwIfCanceled(signal);
    throw error;
  } finally {
    await file.close();
  }
}

class Upload {
  readonly #file: FileHandle;
  readonly #layer: Layer;
  readonly #sent: SentBytes;
  readonly #context: UploadContext;
  readonly #signal: AbortSignal;
  readonly #retries: Retries;
  readonly #partSize: number;
  readonly #tag: PartsTag;
  #location = new URL('https://unknown.invalid');
  /** Bytes that the registry has confirmed. */
  #acknowledged = 0;
  #restarts = 0;

  constructor(file: FileHandle, layer: Layer, sent: SentBytes, context: UploadContext, signal: AbortSignal) {
    this.#file = file;
    this.#layer = layer;
    this.#sent = sent;
    this.#context = context;
    this.#signal = signal;
    this.#retries = new Retries({ ...context, signal, work: 'upload' });
    this.#partSize = partSizeOf(layer.size);
    this.#tag = new PartsTag(file, layer.size, this.#partSize);
  }

  async run(mountFrom: string | undefined): Promise<void> {
    const mounted = await this.#retries.run(() => this.#begin(mountFrom));
    if (!mounted) {
      while (this.#acknowledged < this.#layer.size) {
        await this.#retries.run(
          () => this.#sendPart(),
          (error) => this.#recover(error),
        );
      }
      await this.#commit();
    }
    this.#sent.completed = this.#layer.size;
  }

  /** @returns true when the registry took the blob from another repository */
  async #begin(mountFrom?: string): Promise<boolean> {
    const mount = new URLSearchParams({ mount: this.#layer.digest, from: mountFrom ?? '' });
    const target = mountFrom === undefined ? 'blobs/uploads/' : `blobs/uploads/?${mount}`;
    const response = await this.#send({ method: 'POST', target });
    if (response.status === 201) return true;
    this.#location = this.#next(response, response.url);
    this.#acknowledge(0);
    return false;
  }

  async #sendPart(): Promise<void> {
    const start = this.#acknowledged;
    if (start >= this.#layer.size) return;
    const partStart = start - (start % this.#partSize);
    const end = Math.min(partStart + this.#partSize, this.#layer.size);
    const from = this.#location;
    const response = await this.#sendBytes('PATCH', from, start, end).catch((error: unknown) => {
      throw isLost(error) ? new SessionLostError(messageOf(error), { cause: error }) : error;
    });
    const next = this.#next(response, from);
    if (response.status === 307) {
      const elsewhere = response.headers.get('location') ?? '';
      const target = this.#context.registry.locate(elsewhere, from);
      await this.#retries.run(() => this.#sendBytes('PUT', target, start, end));
    }
    this.#location = next;
    const has = response.status === 307 ? end : (acknowledgedBytes(response.headers) ?? end);
    if (has <= start || has > end) {
      const message = `the registry has ${has} bytes of ${this.#layer.digest} after ${end} were sent`;
      throw new SessionLostError(message);
    }
    this.#acknowledge(has);
  }

  /** Uses PATCH to the registry itself, or PUT to the host it redirects to, which must not learn our identity. */
  async #sendBytes(method: 'PATCH' | 'PUT', target: URL, start: number, end: number): Promise<Response> {
    let md5 = createHash('md5');
    const body = (guard: StallGuard) => {
      md5 = createHash('md5');
      this.#sent.completed = start;
      return this.#watched(readSection(this.#file, start, end), guard, (chunk) => md5.update(chunk));
    };
    const length = { 'Content-Type': 'application/octet-stream', 'Content-Length': String(end - start) };
    const range = { 'Content-Range': `${start}-${end - 1}`, 'X-Redirect-Uploads': '1' };
    const headers = method === 'PATCH' ? { ...length, ...range } : length;
    const isPatch = method === 'PATCH';
    const response = await this.#send(
      { method, target, headers, returnsRedirect: isPatch, anonymous: !isPatch },
      body,
    );
    const isWholePart = start % this.#partSize === 0 && this.#sent.completed === end;
    if (isWholePart) this.#tag.remember(start, md5.digest());
    return response;
  }

  async *#watched(
    chunks: AsyncIterable<Uint8Array>,
    guard: StallGuard,
    each: (chunk: Uint8Array) => void,
  ): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of chunks) {
      guard.heard();
      each(chunk);
      yield chunk;
      this.#sent.completed += chunk.length;
    }
    guard.heard();
  }

  /** Determines what the registry has after an interruption: from its own answer, otherwise what it last confirmed. */
  async #recover(error: unknown): Promise<void> {
    this.#sent.completed = this.#acknowledged;
    if (error instanceof SessionLostError) return this.#restart(error);
    const status = await this.#status();
    if (!status) return;
    const has = acknowledgedBytes(status.headers);
    this.#location = this.#next(status, this.#location);
    if (has === undefined || has > this.#layer.size) return;
    if (has > this.#acknowledged) this.#retries.reset();
    this.#acknowledge(has);
  }

  /** Returns undefined for registries that do not report it, such as Ollama's. */
  async #status(): Promise<Response | undefined> {
    try {
      return await this.#send({ method: 'GET', target: this.#location });
    } catch (error) {
      if (error instanceof RegistryStatusError && error.registryStatus < 500) return undefined;
      throw error;
    }
  }

  async #restart(error: unknown): Promise<void> {
    this.#restarts += 1;
    if (this.#restarts > MAX_RESTARTS) {
      const message = `the registry keeps losing the upload of ${this.#layer.digest}: ${messageOf(error)}`;
      throw new OllamaError('upstream', message, { cause: error });
    }
    await this.#begin();
  }

  async #commit(): Promise<void> {
    const url = new URL(this.#location);
    const { digest } = this.#layer;
    const added = `digest=${encodeURIComponent(digest)}&etag=${await this.#tag.text()}`;
    url.search = url.search === '' ? added : `${url.search}&${added}`;
    const headers = { 'Content-Type': 'application/octet-stream' };
    try {
      await this.#retries.run(() =>
        this.#send({ method: 'PUT', target: url, headers }, undefined, COMMIT_TIMEOUT_MS),
      );
    } catch (error) {
      // The response to an earlier attempt may have been lost.
      const mayBeDone = error instanceof RegistryStatusError && error.registryStatus === 404;
      if (!mayBeDone || !(await hasBlob(this.#layer, this.#context, this.#signal))) throw error;
    }
  }

  #acknowledge(bytes: number): void {
    this.#acknowledged = bytes;
    this.#sent.completed = bytes;
  }

  #next(response: Response, from: URL | string): URL {
    const location = response.headers.get('docker-upload-location') ?? response.headers.get('location');
    if (location !== null) return this.#context.registry.locate(location, new URL(from));
    if (from === this.#location) return this.#location;
    throw new OllamaError('upstream', 'the registry did not say where to upload: no Location header');
  }

  #send(
    request: Omit<RegistryRequest, 'signal' | 'body'>,
    body?: (guard: StallGuard) => AsyncIterable<Uint8Array>,
    timeoutMs = SILENCE_TIMEOUT_MS,
  ): Promise<Response> {
    return sendWatched(request, this.#context, this.#signal, timeoutMs, body);
  }
}

/** Whether the registry has a blob. */
export async function hasBlob(layer: Layer, context: UploadContext, signal: AbortSignal): Promise<boolean> {
  try {
    const target = `blobs/${layer.digest}`;
    await sendWatched({ method: 'HEAD', target }, context, signal, SILENCE_TIMEOUT_MS);
    return true;
  } catch (error) {
    if (error instanceof RegistryStatusError && error.registryStatus === 404) return false;
    throw error;
  }
}

/**
 * Sends a request whose response only matters for its headers.
 * @throws SilenceError when nothing was received for `timeoutMs`
 */
export async function sendWatched(
  request: Omit<RegistryRequest, 'signal' | 'body'>,
  { registry, clock }: UploadContext,
  signal: AbortSignal,
  timeoutMs: number,
  body?: (guard: StallGuard) => AsyncIterable<Uint8Array> | string,
): Promise<Response> {
  const guard = new StallGuard(clock, timeoutMs, signal);
  try {
    const content = body && { body: () => body(guard) };
    const response = await registry.send({ ...request, ...content, signal: guard.signal });
    await discardBody(response);
    return response;
  } catch (error) {
    throw guard.stalled ? new SilenceError(error) : error;
  } finally {
    guard.close();
  }
}

function isLost(error: unknown): boolean {
  return error instanceof RegistryStatusError && lostStatuses.includes(error.registryStatus);
}
