import { MIB } from '../base/units.ts';

/** As many as vLLM keeps (`buffer_steps`). */
export const MOST_BATCHES = 10_000;
const MOST_BYTES = 64 * MIB;

/** One message of events. */
export interface LoggedBatch {
  /** Counts up by one from 0. */
  readonly number: number;
  readonly topic: Buffer;
  readonly payload: Buffer;
}

interface EventLogLimits {
  readonly batches: number;
  readonly bytes: number;
}

/** Numbers the batches of events, and keeps the latest ones. */
export class EventLog {
  readonly #limits: EventLogLimits;
  #batches: LoggedBatch[] = [];
  /** How many at the beginning of the list are forgotten; the list is shortened now and then. */
  #forgotten = 0;
  #bytes = 0;
  #next = 0;

  constructor(limits: EventLogLimits = { batches: MOST_BATCHES, bytes: MOST_BYTES }) {
    this.#limits = limits;
  }

  /** Number of the next batch. */
  get next(): number {
    return this.#next;
  }

  add(topic: Buffer, payload: Buffer): LoggedBatch {
    const batch = { number: this.#next++, topic, payload };
    this.#batches.push(batch);
    this.#bytes += payload.length;
    this.#forget();
    return batch;
  }

  /** @returns undefined for one that is no longer kept, or not yet there */
  at(number: number): LoggedBatch | undefined {
    const oldest = this.#next - (this.#batches.length - this.#forgotten);
    return number < oldest ? undefined : this.#batches[this.#forgotten + (number - oldest)];
  }

  #forget(): void {
    const { batches, bytes } = this.#limits;
    while (
      this.#batches.length - this.#forgotten > batches ||
      (this.#bytes > bytes && this.#batches.length - this.#forgotten > 1)
    ) {
      this.#bytes -= this.#batches[this.#forgotten]?.payload.length ?? 0;
      this.#forgotten++;
    }
    // The list is copied once for as many batches as it keeps.
    if (this.#forgotten <= batches) return;
    this.#batches = this.#batches.slice(this.#forgotten);
    this.#forgotten = 0;
  }
}
