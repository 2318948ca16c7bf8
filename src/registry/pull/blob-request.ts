import { OllamaError } from '../../base/errors.ts';
import type { Digest } from '../../names/digest.ts';
import type { Layer } from '../../store/manifest.ts';
import type { Bandwidth } from '../transport/bandwidth.ts';
import { discardBody } from '../transport/bounded-body.ts';
import type { StallGuard } from '../transport/stall-guard.ts';
import { RegistryStatusError } from '../transport/status-error.ts';
import { RangesIgnoredError } from './download-retries.ts';
import type { ByteRange } from './part-plan.ts';
import { type RangeReader, type TakeBytes, takeRange } from './range-body.ts';

/** Sends a GET for a blob, wherever its registry stores it; throws as `RegistryConnection.get`. */
export type OpenBlob = (
  digest: Digest,
  headers: Record<string, string>,
  signal: AbortSignal,
) => Promise<Response>;

/** Requests for the bytes of a blob. */
export class BlobRequests implements RangeReader {
  readonly #open: OpenBlob;
  readonly #layer: Layer;
  readonly #bandwidth: Bandwidth;

  constructor(open: OpenBlob, layer: Layer, bandwidth: Bandwidth) {
    this.#open = open;
    this.#layer = layer;
    this.#bandwidth = bandwidth;
  }

  async read(range: ByteRange, guard: StallGuard, take: TakeBytes): Promise<void> {
    const response = await this.#ask(range, guard.signal);
    const reading = { range, what: this.#layer.digest, guard, bandwidth: this.#bandwidth };
    await takeRange(response, reading, take);
  }

  async #ask({ start, end }: ByteRange, signal: AbortSignal): Promise<Response> {
    const { digest, size } = this.#layer;
    const isWhole = start === 0 && end === size;
    const range = isWhole ? {} : { Range: `bytes=${start}-${end - 1}` };
    const response = await this.#get({ 'Accept-Encoding': 'identity', ...range }, !isWhole, signal);
    try {
      requireIdentity(response, this.#layer);
      const sent = bytesOf(response, this.#layer);
      if (!isWhole && response.status !== 206) throw new RangesIgnoredError('ranges are ignored');
      if (sent.start !== start || sent.end > end)
        throw new OllamaError('upstream', `the registry sent a different part of ${digest} than requested`);
      return response;
    } catch (error) {
      await discardBody(response);
      throw error;
    }
  }

  async #get(headers: Record<string, string>, isRanged: boolean, signal: AbortSignal): Promise<Response> {
    try {
      return await this.#open(this.#layer.digest, headers, signal);
    } catch (error) {
      const isRefused = error instanceof RegistryStatusError && error.registryStatus === 416;
      throw isRanged && isRefused ? new RangesIgnoredError('ranges are refused') : error;
    }
  }
}

/**
 * A compressed blob could expand to anything, and its ranges would not match ours.
 * @throws OllamaError `upstream`
 */
function requireIdentity(response: Response, { digest }: Layer): void {
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  if (encoding === 'identity') return;
  throw new OllamaError(
    'upstream',
    `the registry sent ${digest} with the content encoding "${encoding}", which is not supported`,
  );
}

/**
 * Returns the blob's bytes in the body: the range named by a 206, otherwise all (RFC 9110 section 14).
 * @throws OllamaError `upstream` when the blob's size differs from the manifest's
 */
function bytesOf(response: Response, { digest, size }: Layer): ByteRange {
  const ranged = response.status === 206;
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (ranged && !range)
    throw new OllamaError('upstream', `the registry did not say which part of ${digest} it sent`);
  const offered = ranged ? range?.[3] : response.headers.get('content-length');
  if (offered && offered !== '*' && Number(offered) !== size) {
    throw new OllamaError(
      'upstream',
      `the registry offers ${offered} bytes for ${digest}, but its manifest says ${size}`,
    );
  }
  return ranged ? { start: Number(range?.[1]), end: Number(range?.[2]) + 1 } : { start: 0, end: size };
}
