import type { Runner } from '../runner/runner.ts';

/** The right to run one request on a runner. Release it when the completion has ended, not earlier. */
export class Lease {
  readonly runner: Runner;
  /** Time from the request to the lease: waiting in the queue and loading. */
  readonly loadNanoseconds: number;
  #giveBack: (() => void) | undefined;

  constructor(runner: Runner, loadNanoseconds: number, giveBack: () => void) {
    this.runner = runner;
    this.loadNanoseconds = loadNanoseconds;
    this.#giveBack = giveBack;
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
