import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { runTogether } from '../../base/together.ts';
import type { Layer } from '../../store/manifest.ts';
import type { Bandwidth } from '../transport/bandwidth.ts';
import { STALL_TIMEOUT_MS } from '../transport/connection.ts';
import { Retries } from '../transport/retries.ts';
import { StallGuard } from '../transport/stall-guard.ts';
import { RangesIgnoredError, SilenceError } from './download-retries.ts';
import { isComplete, type Part } from './part-plan.ts';
import { PartSink } from './part-sink.ts';
import type { PartialFile } from './partial-file.ts';
import type { RangeReader } from './range-body.ts';
import type { StreamSlots } from './stream-slots.ts';

export interface Connections {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Shared by the downloads of one pull. */
  readonly slots: StreamSlots;
  readonly streams: number;
  /** Shared by the whole server. */
  readonly bandwidth: Bandwidth;
  /** Returns a number from 0 to 1, which varies the waits. */
  readonly random: () => number;
}

/**
 * Downloads the missing parts of a blob over several connections, or the whole blob in one stream from a registry without
 * range support. Retries after stalls, broken connections and server errors; as long as bytes arrive, it never gives up.
 */
export class PartDownload {
  readonly #layer: Pick<Layer, 'digest' | 'size'>;
  readonly #file: PartialFile;
  readonly #connections: Connections;
  readonly #requests: RangeReader;
  readonly #onWritten: (bytes: number) => void;
  #ignoresRanges = false;

  /** @param layer its digest only names the download in the log */
  constructor(
    layer: Pick<Layer, 'digest' | 'size'>,
    file: PartialFile,
    requests: RangeReader,
    connections: Connections,
    onWritten: (bytes: number) => void,
  ) {
    this.#layer = layer;
    this.#file = file;
    this.#connections = connections;
    this.#requests = requests;
    this.#onWritten = onWritten;
  }

  get ignoresRanges(): boolean {
    return this.#ignoresRanges;
  }

  /** @throws OllamaError `upstream` ("max retries exceeded: …"), `canceled` */
  async fetchMissing(signal: AbortSignal): Promise<void> {
    const missing = this.#file.parts.filter((part) => !isComplete(part));
    if (missing.length === 0) return;
    if (this.#ignoresRanges) return await this.#fetchWhole(signal);
    try {
      await runTogether(missing, this.#connections.streams, signal, async (part, groupSignal) => {
        await this.#persist([part], groupSignal, (guard) => this.#fetchPart(part, guard));
      });
    } catch (error) {
      if (!(error instanceof RangesIgnoredError)) throw error;
      this.#connections.logger.warn(
        'the registry does not support range requests; continuing over one connection',
        {
          digest: this.#layer.digest,
        },
      );
      this.#ignoresRanges = true;
      await this.#fetchWhole(signal);
    }
  }

  async #fetchPart(part: Part, guard: StallGuard): Promise<void> {
    const start = part.start + part.completed;
    const sink = new PartSink(part, start, this.#file, this.#onWritten);
    await settle(
      this.#requests.read({ start, end: part.end }, guard, (chunk) => sink.accept(chunk)),
      () => sink.flush(),
      guard,
    );
  }

  async #fetchWhole(signal: AbortSignal): Promise<void> {
    const { parts } = this.#file;
    await this.#persist(parts, signal, async (guard) => {
      let index = 0;
      let position = 0;
      let sink: PartSink | undefined;
      const take = async (chunk: Uint8Array) => {
        let rest = chunk;
        for (let part = parts[index]; part && rest.length > 0; part = parts[index]) {
          sink ??= new PartSink(part, part.start, this.#file, this.#onWritten);
          const here = rest.subarray(0, part.end - position);
          await sink.accept(here);
          rest = rest.subarray(here.length);
          position += here.length;
          if (position < part.end) break;
          await sink.flush();
          sink = undefined;
          index += 1;
        }
      };
      const range = { start: 0, end: this.#layer.size };
      await settle(this.#requests.read(range, guard, take), async () => await sink?.flush(), guard);
    });
  }

  /** Tries until the parts are complete; received bytes reset the count of failures. */
  async #persist(
    parts: readonly Part[],
    signal: AbortSignal,
    attempt: (guard: StallGuard) => Promise<void>,
  ): Promise<void> {
    const { clock, slots } = this.#connections;
    const { digest } = this.#layer;
    const retries = new Retries({ ...this.#connections, signal, work: 'download', digest });
    const completed = () => parts.reduce((sum, part) => sum + part.completed, 0);
    await retries.run(async () => {
      const before = completed();
      try {
        await slots.use(signal, async () => {
          const guard = new StallGuard(clock, STALL_TIMEOUT_MS, signal);
          await attempt(guard).finally(() => guard.close());
        });
      } catch (error) {
        if (completed() > before) retries.reset();
        throw error;
      }
    });
  }
}

/** Writes received bytes however the reading ended. A full disk takes precedence over a silent registry. */
async function settle(reading: Promise<void>, flush: () => Promise<void>, guard: StallGuard): Promise<void> {
  try {
    await reading;
  } catch (error) {
    await flush();
    throw guard.stalled ? new SilenceError(error) : error;
  }
  await flush();
}
