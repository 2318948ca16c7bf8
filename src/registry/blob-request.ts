import { OllamaError } from '../base/errors.ts';
import type { Layer } from '../store/manifest.ts';
import type { Bandwidth } from './bandwidth.ts';
import { bytesOf, requireIdentity } from './blob-response.ts';
import { discardBody } from './bounded-body.ts';
import { type RegistryConnection, RegistryStatusError } from './connection.ts';
import { RangesIgnoredError } from './download-retries.ts';
import type { ByteRange } from './part-plan.ts';
import { type RangeReader, type TakeBytes, takeRange } from './range-body.ts';
import type { StallGuard } from './stall-guard.ts';

/** Requests for a blob's bytes, whatever becomes of them. */
export class BlobRequests implements RangeReader {
  readonly #registry: RegistryConnection;
  readonly #layer: Layer;
  readonly #bandwidth: Bandwidth;

  constructor(registry: RegistryConnection, layer: Layer, bandwidth: Bandwidth) {
    this.#registry = registry;
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
      return await this.#registry.get(`blobs/${this.#layer.digest}`, headers, signal);
    } catch (error) {
      const isRefused = error instanceof RegistryStatusError && error.registryStatus === 416;
      throw isRanged && isRefused ? new RangesIgnoredError('ranges are refused') : error;
    }
  }
}
