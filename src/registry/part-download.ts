import type { Clock } from '../base/clock.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Layer } from '../store/manifest.ts';
import type { Bandwidth } from './bandwidth.ts';
import { STALL_TIMEOUT_MS } from './connection.ts';
import { isWorthRetrying, RangesIgnoredError, reasonOf, retryDelay } from './download-retries.ts';
import { isComplete, type Part } from './part-plan.ts';
import { PartSink } from './part-sink.ts';
import type { PartialFile } from './partial-file.ts';
import { pause } from './pause.ts';
import type { RangeReader } from './range-body.ts';
import { StallGuard } from './stall-guard.ts';
import type { StreamSlots } from './stream-slots.ts';
import { runTogether } from './together.ts';

export interface Connections {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of one pull. */
  readonly slots: StreamSlots;
  readonly streams: number;
  /** Of the whole server. */
  readonly bandwidth: Bandwidth;
  /** From 0 to 1, for waits that differ. */
  readonly random: () => number;
}

/**
 * Fetches what is missing of a blob: its parts over several connections, or all in one stream from a registry that
 * knows no ranges. Tries again after stalls, broken connections and server errors; as long as bytes arrive it never
 * gives up.
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
        await this.#persist((guard) => this.#fetchPart(part, guard), groupSignal);
      });
    } catch (error) {
      if (!(error instanceof RangesIgnoredError)) throw error;
      this.#connections.logger.warn('the registry knows no ranges, going on over one connection', {
        digest: this.#layer.digest,
      });
      this.#ignoresRanges = true;
      await this.#fetchWhole(signal);
    }
  }

  async #fetchPart(part: Part, guard: StallGuard): Promise<number> {
    const start = part.start + part.completed;
    const before = part.completed;
    const sink = new PartSink(part, start, this.#file, this.#onWritten);
    return await this.#attempt(
      () => this.#requests.read({ start, end: part.end }, guard, (chunk) => sink.accept(chunk)),
      () => sink.flush(),
      () => part.completed - before,
    );
  }

  async #fetchWhole(signal: AbortSignal): Promise<void> {
    await this.#persist(async (guard) => {
      const { parts } = this.#file;
      const completed = () => parts.reduce((sum, part) => sum + part.completed, 0);
      const before = completed();
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
      return await this.#attempt(
        () => this.#requests.read({ start: 0, end: this.#layer.size }, guard, take),
        async () => await sink?.flush(),
        () => completed() - before,
      );
    }, signal);
  }

  /** What came is written whatever ended the try; an error tells how much it was. */
  async #attempt(
    read: () => Promise<void>,
    flush: () => Promise<void>,
    progress: () => number,
  ): Promise<number> {
    try {
      await read();
    } catch (error) {
      await flush();
      throw new AttemptError(error, progress());
    }
    await flush();
    return progress();
  }

  async #persist(attempt: (guard: StallGuard) => Promise<number>, signal: AbortSignal): Promise<void> {
    const { clock, slots } = this.#connections;
    for (let failures = 0; ; failures += 1) {
      const guard = await slots.use(signal, async () => {
        const watch = new StallGuard(clock, STALL_TIMEOUT_MS, signal);
        try {
          await attempt(watch);
          return undefined;
        } catch (error) {
          throwIfCanceled(signal);
          return { error, isStalled: watch.stalled };
        } finally {
          watch.close();
        }
      });
      if (!guard) return;
      const { error } = guard;
      if (!(error instanceof AttemptError)) throw error;
      if (error.bytes > 0) failures = 0;
      await pause(clock, this.#delayAfter(error.reason, guard.isStalled, failures), signal);
    }
  }

  /** Milliseconds until the next try: none after a stall, which has been a wait already. */
  #delayAfter(error: unknown, isStalled: boolean, failures: number): number {
    if (!isStalled && !isWorthRetrying(error)) throw error;
    const { clock, logger, random } = this.#connections;
    const reason = isStalled ? 'the registry went silent' : reasonOf(error);
    const delay = retryDelay(failures, error, clock.now(), random());
    if (delay === undefined) {
      throw new OllamaError('upstream', `max retries exceeded: ${reason}`, { cause: error });
    }
    logger.warn('download interrupted, trying again', { digest: this.#layer.digest, reason });
    return isStalled ? 0 : delay;
  }
}

class AttemptError extends Error {
  readonly reason: unknown;
  /** That came all the same. */
  readonly bytes: number;

  constructor(reason: unknown, bytes: number) {
    super('a try failed', { cause: reason });
    this.reason = reason;
    this.bytes = bytes;
  }
}
