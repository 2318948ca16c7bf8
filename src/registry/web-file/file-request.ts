/** Requests to an ordinary web server: facts about a file, and its bytes. */
import type { Clock } from '../../base/clock.ts';
import { OllamaError } from '../../base/errors.ts';
import { shownUrl } from '../../names/file-url.ts';
import { RangesIgnoredError } from '../pull/download-retries.ts';
import type { ByteRange } from '../pull/part-plan.ts';
import { type RangeReader, type TakeBytes, takeRange } from '../pull/range-body.ts';
import type { Bandwidth } from '../transport/bandwidth.ts';
import { discardBody } from '../transport/bounded-body.ts';
import { type RegistryConnection, STALL_TIMEOUT_MS } from '../transport/connection.ts';
import { StallGuard } from '../transport/stall-guard.ts';
import { RegistryStatusError } from '../transport/status-error.ts';

/** Longest ETag or date that is kept, characters; real ones are shorter than 100. */
const MAX_VALIDATOR_LENGTH = 1024;
/** Bytes requested to determine the kind of file. */
const START_BYTES = 1024;

/** A file as a server offers it. */
export interface OfferedFile {
  readonly url: URL;
  /** Bytes; undefined when the server does not state it. */
  readonly size: number | undefined;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** Whether the server sends a value that reveals a changed file. */
export function hasValidator({ etag, lastModified }: OfferedFile): boolean {
  return etag !== undefined || lastModified !== undefined;
}

/** The file at the URL is no longer the one whose download began. */
export class FileChangedError extends OllamaError {
  constructor(url: URL) {
    super('upstream', `${shownUrl(url)} changed while it was being downloaded: try again later`);
  }
}

export interface FileStart {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/**
 * Requests only the first bytes.
 * @throws OllamaError `upstream`, `canceled`
 */
export async function probeFile(
  connection: RegistryConnection,
  url: URL,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ offered: OfferedFile; start: FileStart }> {
  const guard = new StallGuard(clock, STALL_TIMEOUT_MS, signal);
  try {
    const response = await askForStart(connection, url, guard.signal);
    try {
      requirePlain(response, url);
      const contentType = response.headers.get('content-type') ?? '';
      const offered = offeredBy(response, url);
      return { offered, start: { bytes: await firstBytes(response), contentType } };
    } finally {
      await discardBody(response);
    }
  } catch (error) {
    if (!guard.stalled) throw error;
    throw new OllamaError('upstream', `${url.host} did not answer in time`, { cause: error });
  } finally {
    guard.close();
  }
}

async function askForStart(connection: RegistryConnection, url: URL, signal: AbortSignal): Promise<Response> {
  const headers = { 'Accept-Encoding': 'identity' };
  const request = { method: 'GET', target: url, signal } as const;
  try {
    const range = `bytes=0-${START_BYTES - 1}`;
    return await connection.send({ ...request, headers: { ...headers, Range: range } });
  } catch (error) {
    if (!(error instanceof RegistryStatusError) || error.registryStatus !== 416) throw error;
    return await connection.send({ ...request, headers });
  }
}

async function firstBytes(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= START_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, START_BYTES);
}

/** A compressed response could expand to anything. */
export function requirePlain(response: Response, url: URL): void {
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  if (encoding === 'identity') return;
  throw new OllamaError(
    'upstream',
    `${shownUrl(url)} is sent with the content encoding "${encoding}", which is not supported`,
  );
}

/** Size and version that a response states; the size is that of the whole file (RFC 9110 section 14.4). */
function offeredBy(response: Response, url: URL): OfferedFile {
  const { headers, status } = response;
  const total = status === 206 ? /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] : undefined;
  const told = status === 206 ? total : (headers.get('content-length') ?? undefined);
  const size = told === undefined ? undefined : Number(told);
  if (size !== undefined && !Number.isSafeInteger(size))
    throw new OllamaError('upstream', `${url.host} offers ${told} bytes, which is not a valid file size`);
  return { url, size, etag: validator(headers, 'etag'), lastModified: validator(headers, 'last-modified') };
}

function validator(headers: Headers, name: string): string | undefined {
  const value = headers.get(name) ?? '';
  return value === '' || value.length > MAX_VALIDATOR_LENGTH ? undefined : value;
}

/** Reads ranges of the offered version of a file, and of no later one. */
export class FileRequests implements RangeReader {
  readonly #connection: RegistryConnection;
  readonly #file: OfferedFile;
  readonly #bandwidth: Bandwidth;

  constructor(connection: RegistryConnection, file: OfferedFile, bandwidth: Bandwidth) {
    this.#connection = connection;
    this.#file = file;
    this.#bandwidth = bandwidth;
  }

  /** @throws FileChangedError, and as `RangeReader.read` */
  async read(range: ByteRange, guard: StallGuard, take: TakeBytes): Promise<void> {
    const response = await this.#ask(range, guard.signal);
    const what = shownUrl(this.#file.url);
    await takeRange(response, { range, what, guard, bandwidth: this.#bandwidth }, take);
  }

  async #ask(range: ByteRange, signal: AbortSignal): Promise<Response> {
    const { url, size, etag } = this.#file;
    const isWhole = range.start === 0 && range.end === size;
    // Weak tags do not guarantee identical bytes (RFC 9110 section 13.1.5).
    const condition = etag === undefined || etag.startsWith('W/') ? {} : { 'If-Range': etag };
    const ranged = { Range: `bytes=${range.start}-${range.end - 1}`, ...condition };
    const headers = { 'Accept-Encoding': 'identity', ...(!isWhole && ranged) };
    const response = await this.#send({ method: 'GET', target: url, headers, signal }, isWhole);
    try {
      this.#requireSame(response);
      if (!isWhole && response.status !== 206) throw new RangesIgnoredError('ranges are ignored');
      if (response.status === 206) requireRange(response, range, url);
      return response;
    } catch (error) {
      await discardBody(response);
      throw error;
    }
  }

  async #send(request: Parameters<RegistryConnection['send']>[0], isWhole: boolean): Promise<Response> {
    try {
      return await this.#connection.send(request);
    } catch (error) {
      const isRefused = error instanceof RegistryStatusError && error.registryStatus === 416;
      throw isRefused && !isWhole ? new RangesIgnoredError('ranges are refused') : error;
    }
  }

  #requireSame(response: Response): void {
    const { url, size, etag, lastModified } = this.#file;
    requirePlain(response, url);
    const now = offeredBy(response, url);
    const isOther =
      (now.size !== undefined && now.size !== size) ||
      now.etag !== etag ||
      // If there is an ETag, only it counts: servers behind one name may report different dates.
      (etag === undefined && now.lastModified !== lastModified);
    if (isOther) throw new FileChangedError(url);
  }
}

function requireRange(response: Response, { start, end }: ByteRange, url: URL): void {
  const sent = /^bytes (\d+)-(\d+)\//.exec(response.headers.get('content-range') ?? '');
  if (sent && Number(sent[1]) === start && Number(sent[2]) < end) return;
  throw new OllamaError('upstream', `${url.host} sent a different part of ${shownUrl(url)} than requested`);
}
