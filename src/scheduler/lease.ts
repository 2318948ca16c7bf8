import { NANOSECONDS_PER_MILLISECOND } from '../base/units.ts';
import type { Runner } from '../runner/runner.ts';

/** The right to run one request on a runner. Release it when the completion has ended, not earlier. */
export class Lease {
  readonly runner: Runner;
  /** Time from the request to the lease: waiting in the queue and loading. */
  readonly loadNanoseconds: number;
  /** When the runner was being loaded during that time, in milliseconds of `performance.now()`; absent = it was not. */
  readonly load: { readonly from: number; readonly to: number } | undefined;
  #giveBack: (() => void) | undefined;

  constructor(
    { runner, loadNanoseconds, load }: Pick<Lease, 'runner' | 'loadNanoseconds' | 'load'>,
    giveBack: () => void,
  ) {
    this.runner = runner;
    this.loadNanoseconds = loadNanoseconds;
    this.load = load;
    this.#giveBack = giveBack;
  }

  /** The part of `loadNanoseconds` during which the runner was not being loaded. */
  get queueNanoseconds(): number {
    const { from = 0, to = 0 } = this.load ?? {};
    return Math.max(0, this.loadNanoseconds - Math.round((to - from) * NANOSECONDS_PER_MILLISECOND));
  }

  get isReleased(): boolean {
    return this.#giveBack === undefined;
  }

  /** Safe to call twice. */
  release(): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }
}
