import type { Clock } from '../../base/clock.ts';
import type { CallerKey, KeyLimits } from '../caller-key.ts';
import type { TokenNeed } from './answer-room.ts';
import { KeyBudgets, type Reservation } from './key-budgets.ts';
import { KeyLine, MAX_WAITING } from './key-line.ts';
import { rateLimited, tooManyWaiting } from './refusal.ts';

/** Who asks for a run. */
export interface RunCaller {
  /** Absent = nothing is limited. */
  readonly key?: CallerKey | undefined;
  readonly priority?: number | undefined;
  readonly signal: AbortSignal;
}

/** What the limits of its key allow one run. */
export interface Allowance {
  /** Whether tokens are limited, so that those of the prompt must be counted before the run begins. */
  readonly countsTokens: boolean;
  /**
   * Reserves tokens, in place of what this run reserved before. What was reserved stays if this is refused.
   * @returns the maximum number of tokens of the answer
   * @throws OllamaError `rate-limited`
   */
  reserve(need: TokenNeed): number;
  /** Ends the run, and gives back the tokens that it did not use; safe to call twice. @param used absent = none */
  end(used?: number): void;
}

const unlimited: Allowance = {
  countsTokens: false,
  reserve: ({ answer }) => answer,
  end: () => undefined,
};

/** The limits of keys, as the runs of requests meet them. */
export class RunLimits {
  readonly budgets: KeyBudgets;
  readonly #clock: Clock;
  readonly #lines = new Map<string, KeyLine>();

  /** @param onDayUse called when a key whose days are limited has used something */
  constructor(clock: Clock, onDayUse?: () => void) {
    this.#clock = clock;
    this.budgets = new KeyBudgets(clock, onDayUse);
  }

  /**
   * Reserves the tokens that a run will need, as far as that can be guessed, so that whoever is refused is refused before
   * waiting for the model. Waits while the key has as many runs as it may, and while the tokens that are missing are only
   * reserved for runs that will give some of them back.
   * @param guess the tokens of the prompt may be a guess; the run reserves again when they are known
   * @throws OllamaError `rate-limited`, `canceled`
   */
  async enter({ key, priority = 0, signal }: RunCaller, guess: TokenNeed): Promise<Allowance> {
    if (!key || !isLimiting(key.limits)) return unlimited;
    // A guess may be too high, so a prompt that would never fit is not refused for it.
    const prompt = Math.min(guess.prompt, this.budgets.longestPrompt(key, guess));
    const need = { ...guess, prompt };
    const line = this.#lineOf(key);
    if (line.waiting.length >= MAX_WAITING) throw tooManyWaiting(key.name, line.waiting.length);
    let cancelTimer: (() => void) | undefined;
    const attempt = () => {
      cancelTimer?.();
      const reservation = this.budgets.reserve(key, need);
      if ('answer' in reservation) return this.#begin(key, line, reservation);
      if (!reservation.isOnlyReserved) throw rateLimited(key.name, reservation);
      // What long runs have reserved leaves the minute before they end.
      cancelTimer = this.#clock.after(reservation.waitMs, () => line.proceed());
      return 'wait';
    };
    try {
      return await line.enter(attempt, { priority, since: this.#clock.now(), signal });
    } finally {
      cancelTimer?.();
      this.#forgetIdle(key.id, line);
    }
  }

  /** The runs that wait for the limits of a key. */
  waitingFor(id: string): { readonly priority: number; readonly waitedMs: number }[] {
    const now = this.#clock.now();
    const waiting = this.#lines.get(id)?.waiting ?? [];
    return waiting.map(({ priority, since }) => ({ priority, waitedMs: now - since }));
  }

  /** Number of keys that have running or waiting requests. */
  get size(): number {
    return this.#lines.size;
  }

  #lineOf({ id, limits }: CallerKey): KeyLine {
    const limit = limits.concurrent ?? Number.POSITIVE_INFINITY;
    const known = this.#lines.get(id) ?? new KeyLine(limit);
    known.limit = limit;
    this.#lines.set(id, known);
    return known;
  }

  #begin(key: CallerKey, line: KeyLine, reserved: Reservation): Allowance {
    let reservation = reserved;
    let hasEnded = false;
    return {
      countsTokens: countsTokens(key.limits),
      reserve: (need) => {
        const { total } = reservation;
        reservation.settle(0);
        const next = this.budgets.reserve(key, need);
        const kept =
          'answer' in next ? next : this.budgets.reserve(key, { ...need, prompt: total, answer: 0 });
        if ('answer' in kept) reservation = kept;
        // Others may have waited for what this run needs no more.
        line.proceed();
        if ('answer' in next) return next.answer;
        throw rateLimited(key.name, next);
      },
      end: (used = 0) => {
        if (hasEnded) return;
        hasEnded = true;
        reservation.settle(used);
        line.leave();
        this.#forgetIdle(key.id, line);
      },
    };
  }

  #forgetIdle(id: string, line: KeyLine): void {
    if (line.isIdle && this.#lines.get(id) === line) this.#lines.delete(id);
  }
}

function isLimiting(limits: KeyLimits): boolean {
  return limits.concurrent !== undefined || countsTokens(limits);
}

function countsTokens({ tokensPerMinute, tokensPerDay }: KeyLimits): boolean {
  return tokensPerMinute !== undefined || tokensPerDay !== undefined;
}
