import { orCanceled } from '../base/or-canceled.ts';
import { ByteCache } from './byte-cache.ts';

/** Work that several requests may wait for. */
interface Flight<Result> {
  readonly result: Promise<Result>;
  readonly leave: AbortController;
  waiting: number;
}

/** Does the same work once for all that want it at the same time, and keeps the results used last, up to a number of bytes. */
export class SharedWork<Result> {
  readonly #kept: ByteCache<Result>;
  readonly #bytesOf: (result: Result) => number;
  readonly #flights = new Map<string, Flight<Result>>();

  constructor(keptBytes: number, bytesOf: (result: Result) => number) {
    this.#kept = new ByteCache(keptBytes);
    this.#bytesOf = bytesOf;
  }

  /**
   * @param key equal for the same work, and for no other
   * @param signal of this request; the signal that the work gets is aborted when nobody waits for it any more
   * @throws OllamaError `canceled`; the error of the work
   */
  async run(
    key: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiting += 1;
    try {
      return await (signal ? orCanceled(flight.result, signal) : flight.result);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        // The next request starts again: this work ends with the last one that wanted it.
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
        flight.leave.abort();
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const leave = new AbortController();
    const result = work(leave.signal).then((found) => {
      this.#kept.set(key, found, this.#bytesOf(found));
      return found;
    });
    // Its waiters see the failure; there may be none left.
    result.catch(() => undefined);
    const flight = { result, leave, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}
