import { OllamaError } from '../../base/errors.ts';
import type { Digest } from '../../names/digest.ts';
import type { Layer } from '../../store/manifest.ts';
import type { Bandwidth } from '../transport/bandwidth.ts';
import { discardBody } from '../transport/bounded-body.ts';
import { RegistryStatusError } from '../transport/connection.ts';
import type { StallGuard } from '../transport/stall-guard.ts';
import { bytesOf, requireIdentity } from './blob-response.ts';
import { RangesIgnoredError } from './download-retries.ts';
import type { ByteRange } from './part-plan.ts';
import { type RangeReader, type TakeBytes, takeRange } from './range-body.ts';

/** A GET of a blob, wherever its registry has it; throws as `RegistryConnection.get`. */
export type OpenBlob = (
  digest: Digest,
  headers: Record<string, string>,
  signal: AbortSignal,
) => Promise<Response>;

/** Requests for a blob's bytes, whatever becomes of them. */
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
        throw new OllamaError('upstream', `the registry sent another part of ${digest} than asked for`);
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
