import { createIdleCores, readFreeCores } from '../threads/processor-load.ts';
import { ThreadGovernor } from '../threads/thread-governor.ts';
import { startTime } from '../threads/time-spent.ts';
import type { Backends } from './backends.ts';

/** Lets the number of threads of the stages follow the free cores, as that of the decodes does. */
export class StageThreads {
  readonly #backends: Pick<Backends, 'setThreads'>;
  readonly #governor: ThreadGovernor;

  /** @param most number of threads on an idle machine, with which the backends have started */
  constructor(backends: Pick<Backends, 'setThreads'>, most: number) {
    this.#backends = backends;
    this.#governor = new ThreadGovernor(most, createIdleCores(), readFreeCores());
  }

  /** Must be called before the first stage of an encoding. */
  begin(): void {
    this.#governor.begin(readFreeCores());
  }

  /** Computes one stage. */
  async measure<Result>(compute: () => Promise<Result>): Promise<Result> {
    this.#backends.setThreads(this.#governor.threads);
    const timeSpent = startTime();
    const result = await compute();
    this.#governor.record(timeSpent());
    return result;
  }
}
