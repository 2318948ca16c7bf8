import { type Clock, systemClock } from '../../src/base/clock.ts';
import { FakeClock } from './fake-clock.ts';

/** Real milliseconds from one tick to the next, as far as the machine keeps up. */
const TICK_MS = 5;
/** How much slower time passes while a file is being read or written. */
const SLOWNESS = 10;

/**
 * Time that passes faster than the real one, in ticks. A tick is of the same length however late it comes, and shorter while a
 * file is being read or written: on a busy machine, on which everything takes longer, the time takes longer too. It passes
 * only while somebody waits for it.
 */
class HurriedClock extends FakeClock {
  readonly #times: number;
  readonly #slowness: number;
  #ticker: NodeJS.Timeout | undefined;

  constructor(times: number, slowness: number) {
    super();
    this.#times = times;
    this.#slowness = slowness;
  }

  override date(): number {
    return systemClock.date();
  }

  override after(milliseconds: number, callback: () => void): () => void {
    const cancel = super.after(milliseconds, callback);
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
    return cancel;
  }

  #tick(): void {
    const isWorking = process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
    this.advance((TICK_MS * this.#times) / (isWorking ? this.#slowness : 1));
    if (this.pendingTimers > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }
}

/**
 * Thirty seconds of silence pass in thirty seconds divided by `times`; whoever sends that slowly is taken for silent.
 * @param times how much faster the clock runs
 * @param slowness how much slower it runs while a file is being read or written; 1 for small files
 */
export function hurriedClock(times: number, slowness = SLOWNESS): Clock {
  return new HurriedClock(times, slowness);
}
