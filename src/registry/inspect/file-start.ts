/** The beginning of a file in a registry, of which as much is fetched as somebody reads. */
import type { Clock } from '../../base/clock.ts';
import { OllamaError } from '../../base/errors.ts';
import { GrowingBytes } from '../../base/growing-bytes.ts';
import { MIB } from '../../base/units.ts';
import type { Layer } from '../../store/manifest.ts';
import { BlobRequests, type OpenBlob } from '../pull/blob-request.ts';
import { RangesIgnoredError } from '../pull/download-retries.ts';
import type { Bandwidth } from '../transport/bandwidth.ts';
import { STALL_TIMEOUT_MS } from '../transport/connection.ts';
import { StallGuard } from '../transport/stall-guard.ts';

/** The headers of small models fit, so that one request is enough for them. */
const FIRST_BYTES = MIB;
/** The largest headers of real models, with vocabulary and merges, take about 20 MB. */
const MAX_BYTES = 64 * MIB;

export interface FileStartOptions {
  readonly open: OpenBlob;
  readonly clock: Clock;
  readonly bandwidth: Bandwidth;
  readonly signal: AbortSignal;
}

/**
 * Lets the event loop serve others. A file on a disk makes its reader wait between two parts; these bytes are in memory, and
 * whoever published them chooses how long it takes to read them.
 */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Random access to the beginning of a file, as the parser of GGUF files needs it. */
export class FileStart {
  /** Bytes of the whole file. */
  readonly size: number;
  readonly #layer: Layer;
  readonly #options: FileStartOptions;
  readonly #bytes = new GrowingBytes();

  constructor(layer: Layer, options: FileStartOptions) {
    this.size = layer.size;
    this.#layer = layer;
    this.#options = options;
  }

  /**
   * Fills the start of `target` with bytes from `position`; returns the number of bytes read, 0 at the end.
   * @throws OllamaError `upstream` beyond the maximum, and for whatever goes wrong; `canceled`
   */
  async read(target: Uint8Array, position: number): Promise<number> {
    const end = Math.min(position + 1, this.size);
    if (end > MAX_BYTES)
      throw new OllamaError(
        'upstream',
        `the header of ${this.#layer.digest} is larger than ${MAX_BYTES} bytes`,
      );
    if (this.#bytes.length >= end) await nextTurn();
    while (this.#bytes.length < end) await this.#more();
    const part = this.#bytes.written.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  /** Fetches as much again as is there, so that the number of requests grows slowly. */
  async #more(): Promise<void> {
    const { open, clock, bandwidth, signal } = this.#options;
    const start = this.#bytes.length;
    const end = Math.min(start + Math.max(FIRST_BYTES, start), this.size, MAX_BYTES);
    const guard = new StallGuard(clock, STALL_TIMEOUT_MS, signal);
    try {
      const requests = new BlobRequests(open, this.#layer, bandwidth);
      await requests.read({ start, end }, guard, async (chunk) => this.#bytes.add(chunk));
    } catch (error) {
      if (guard.stalled)
        throw new OllamaError('upstream', 'the registry did not answer in time', { cause: error });
      if (!(error instanceof RangesIgnoredError)) throw error;
      const message = 'the registry does not send parts of files: pull the model to learn what it needs';
      throw new OllamaError('upstream', message, { cause: error });
    } finally {
      guard.close();
    }
  }
}
