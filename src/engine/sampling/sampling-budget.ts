import { OllamaError } from '../../base/errors.ts';

/**
 * Time that one token of one request may take to sample, in milliseconds. The other streams of the model wait meanwhile.
 * Usual grammars need less than 5 ms.
 */
const SAMPLING_BUDGET_MS = 1000;
const MICROSECONDS_PER_MILLISECOND = 1000;

export interface SpentTime {
  readonly wallMs: number;
  /** Processor time of the whole process. */
  readonly cpuMs: number;
}

function spentTime(): SpentTime {
  const { user, system } = process.cpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / MICROSECONDS_PER_MILLISECOND };
}

/**
 * Ends a request whose samplers take too long. A native call cannot be interrupted, so the time is checked between calls.
 * Processor time counts too: a process that was stopped, or got no processor, is not blamed.
 */
export class SamplingBudget {
  readonly #now: () => SpentTime;
  #start: SpentTime;

  constructor(now: () => SpentTime = spentTime) {
    this.#now = now;
    this.#start = now();
  }

  /** Must be called before each token. */
  begin(): void {
    this.#start = this.#now();
  }

  /** @throws OllamaError `overrun` when the token has taken too long */
  check(): void {
    const { wallMs, cpuMs } = this.#now();
    const spentMs = Math.min(wallMs - this.#start.wallMs, cpuMs - this.#start.cpuMs);
    if (spentMs > SAMPLING_BUDGET_MS) throw overrun(`took more than ${SAMPLING_BUDGET_MS / 1000} s`);
  }
}

function overrun(what: string): OllamaError {
  const message = `sampling one token with the grammar of this request ${what}: simplify the grammar, so that fewer of its alternatives match the same text`;
  return new OllamaError('overrun', message);
}
