import type { TokenNeed } from '../../access/limits/answer-room.ts';
import type { Allowance, RunLimits } from '../../access/limits/run-limits.ts';
import type { Caller } from '../caller.ts';

/** What the limits of the caller's key allow one run; of a caller without a key, everything. */
export class RunAllowance {
  readonly #limits: Pick<RunLimits, 'enter'> | undefined;
  readonly #caller: Caller;
  #allowance: Allowance | undefined;
  /** Number of tokens of the prompt that are reserved. */
  #prompt = 0;

  /** @param limits absent = no key has any */
  constructor(limits: Pick<RunLimits, 'enter'> | undefined, caller: Caller) {
    this.#limits = limits;
    this.#caller = caller;
  }

  /** Whether tokens are limited, so that those of a prompt must be counted before it is computed. */
  get countsTokens(): boolean {
    return this.#allowance?.countsTokens ?? false;
  }

  /**
   * Waits for the turn of the run among those of its key.
   * @param guess what it will need; called only if that matters
   * @throws OllamaError `rate-limited`, `canceled`; `unauthorized` if the key has become invalid meanwhile
   */
  async enter(guess: () => TokenNeed): Promise<void> {
    if (!this.#limits || !this.#caller.key) return;
    const need = guess();
    this.#allowance = await this.#limits.enter(this.#caller, need);
    this.#prompt = need.prompt;
    this.#caller.requireKey?.();
  }

  /**
   * Reserves what is known to be needed.
   * @returns the maximum number of tokens of the answer
   * @throws OllamaError `rate-limited`
   */
  reserve(need: TokenNeed): number {
    this.#prompt = need.prompt;
    return this.#allowance?.reserve(need) ?? need.answer;
  }

  /**
   * Reserves more if a run that only reads its input needs more than was guessed.
   * @param tokens number of all that were read so far
   * @throws OllamaError `rate-limited`
   */
  read(tokens: number): void {
    if (tokens > this.#prompt) this.reserve({ prompt: tokens, answer: 0, isExplicit: true });
  }

  /** Ends the run; safe to call twice. @param used number of tokens that it read and wrote */
  end(used: number): void {
    this.#allowance?.end(used);
  }
}
