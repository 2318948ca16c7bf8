import type { Clock } from '../../base/clock.ts';
import type { CallerKey, KeyLimits } from '../caller-key.ts';
import { Account, type Booking, type Moment, type PeriodLimits, type Standing } from './account.ts';
import { answerRoom, leastAnswer, longestPrompt, type TokenNeed } from './answer-room.ts';
import type { Kind, Refusal } from './refusal.ts';
import { UtcDay } from './utc-day.ts';

type LimitedKey = Pick<CallerKey, 'id' | 'name' | 'limits'>;

/** What one key used on one day. */
export interface DayUse {
  readonly requests: number;
  readonly tokens: number;
}

/** For each kind, the limit of which the least is left; undefined = not limited. */
export type Standings = Readonly<Record<Kind, Standing | undefined>>;

interface Accounts {
  readonly requests: Account;
  readonly tokens: Account;
  /** Tokens that are reserved for running requests. */
  held: number;
}

/** Tokens that one run may use, reserved until it says how many it did use. */
export interface Reservation {
  /** Maximum number of tokens of the answer. */
  readonly answer: number;
  /** Number of tokens of the prompt and the answer. */
  readonly total: number;
  /** Gives back what was not used; safe to call twice. @param used tokens of the prompt and the answer */
  settle(used: number): void;
}

/** Keys that were idle are forgotten when there are this many more than remained the time before. */
const SWEEP_GROWTH = 1000;

/**
 * Decides what the limits of each key allow. It has no timers and does not wait. Requests and tokens count at the time when
 * they are admitted, so that no minute and no day ever admits more than its limit.
 */
export class KeyBudgets {
  readonly #clock: Pick<Clock, 'now' | 'date'>;
  readonly #onDayUse: () => void;
  readonly #day: UtcDay;
  readonly #keys = new Map<string, Accounts>();
  #sweepAt = SWEEP_GROWTH;

  /** @param onDayUse called when a key whose days are limited has used something */
  constructor(clock: Pick<Clock, 'now' | 'date'>, onDayUse: () => void = () => undefined) {
    this.#clock = clock;
    this.#onDayUse = onDayUse;
    this.#day = new UtcDay(clock);
  }

  /** Counts one request. @returns why it is refused, if it is; it is not counted then */
  countRequest(key: LimitedKey): Refusal | undefined {
    const limits = limitsOf(key.limits, 'requests');
    if (!isLimited(limits)) return undefined;
    const moment = this.#moment();
    const { requests } = this.#accounts(key.id, moment);
    const refusal = refusalOf('requests', { standings: requests.standings(limits, moment), asked: 1 });
    if (refusal) return refusal;
    requests.book(moment, 1);
    if (limits.day !== undefined) this.#onDayUse();
    return undefined;
  }

  /** Reserves tokens for a run: those of the prompt, and as many for the answer as it asks for or as are left. */
  reserve(key: LimitedKey, need: TokenNeed): Reservation | Refusal {
    const limits = limitsOf(key.limits, 'tokens');
    if (!isLimited(limits)) return { ...noReservation, answer: need.answer };
    const moment = this.#moment();
    const accounts = this.#accounts(key.id, moment);
    const standings = accounts.tokens.standings(limits, moment);
    const asked = need.prompt + leastAnswer(need, limits);
    const refusal = refusalOf('tokens', { standings, asked, returning: accounts.held });
    if (refusal) return refusal;
    const left = Math.min(...standings.map(({ remaining }) => remaining)) - need.prompt;
    const answer = answerRoom(need, limits, left);
    const booking = accounts.tokens.book(moment, need.prompt + answer);
    accounts.held += booking.amount;
    const settle = onlyOnce((used: number) => {
      giveBack(accounts, booking, used);
      if (limits.day !== undefined) this.#onDayUse();
    });
    return { answer, total: booking.amount, settle };
  }

  /** Number of tokens of the longest prompt that the limits of a key could ever admit; may be Infinity. */
  longestPrompt({ limits }: Pick<LimitedKey, 'limits'>, need: TokenNeed): number {
    return longestPrompt(need, limitsOf(limits, 'tokens'));
  }

  /** For each kind, the limit of which the least is left; absent = not limited. */
  standings({ id, limits }: LimitedKey): Standings {
    const moment = this.#moment();
    const known = this.#keys.get(id) ?? emptyAccounts();
    const tightest = (kind: Kind) =>
      known[kind]
        .standings(limitsOf(limits, kind), moment)
        .reduce<Standing | undefined>(
          (least, next) => (least && least.remaining <= next.remaining ? least : next),
          undefined,
        );
    return { requests: tightest('requests'), tokens: tightest('tokens') };
  }

  /** Today's use by key, without what is only reserved. */
  *today(): Generator<[keyId: string, use: DayUse]> {
    const { number } = this.#day;
    for (const [id, { requests, tokens, held }] of this.#keys) {
      const use = {
        requests: requests.usedOfDay(number),
        tokens: Math.max(0, tokens.usedOfDay(number) - held),
      };
      if (use.requests > 0 || use.tokens > 0) yield [id, use];
    }
  }

  /** Counts what keys used today before this process began. */
  carryOver(uses: Iterable<readonly [keyId: string, use: DayUse]>): void {
    const moment = this.#moment();
    for (const [id, use] of uses) {
      const { requests, tokens } = this.#accounts(id, moment);
      requests.carryOver(moment.day, use.requests);
      tokens.carryOver(moment.day, use.tokens);
    }
  }

  /** The date of today in UTC, such as "2026-05-31". */
  get date(): string {
    return this.#day.text;
  }

  /** Number of keys that are remembered. */
  get size(): number {
    return this.#keys.size;
  }

  #moment(): Moment {
    return { now: this.#clock.now(), day: this.#day.number, dayLeft: this.#day.left };
  }

  #accounts(id: string, moment: Moment): Accounts {
    const known = this.#keys.get(id);
    if (known) return known;
    if (this.#keys.size >= this.#sweepAt) this.#sweep(moment);
    const created = emptyAccounts();
    this.#keys.set(id, created);
    return created;
  }

  #sweep(moment: Moment): void {
    for (const [id, { requests, tokens, held }] of this.#keys) {
      if (held === 0 && requests.isEmpty(moment) && tokens.isEmpty(moment)) this.#keys.delete(id);
    }
    this.#sweepAt = this.#keys.size + SWEEP_GROWTH;
  }
}

const noReservation = { total: 0, settle: () => undefined };

function emptyAccounts(): Accounts {
  return { requests: new Account(), tokens: new Account(), held: 0 };
}

function limitsOf(limits: KeyLimits, kind: Kind): PeriodLimits {
  return kind === 'requests'
    ? { minute: limits.requestsPerMinute, day: limits.requestsPerDay }
    : { minute: limits.tokensPerMinute, day: limits.tokensPerDay };
}

function isLimited({ minute, day }: PeriodLimits): boolean {
  return minute !== undefined || day !== undefined;
}

interface Question {
  readonly standings: readonly Standing[];
  readonly asked: number;
  /** How much running requests may still give back; absent = 0. */
  readonly returning?: number;
}

/** @returns undefined if everything fits; else it is about the limit that is used up for the longest time */
function refusalOf(kind: Kind, { standings, asked, returning = 0 }: Question): Refusal | undefined {
  const waits = standings.map((standing) => ({ standing, waitMs: standing.waitFor(asked) }));
  const [first, ...others] = waits.filter(({ waitMs }) => waitMs > 0);
  if (!first) return undefined;
  const longest = others.reduce((most, next) => (next.waitMs > most.waitMs ? next : most), first);
  const isOnlyReserved = standings.every(
    ({ limit, remaining }) => asked <= Math.min(limit, remaining + returning),
  );
  return { kind, asked, isOnlyReserved, ...longest };
}

/** A run that used more than was reserved is counted in full: the answer of some engines ends a token late. */
function giveBack(accounts: Accounts, booking: Booking, used: number): void {
  accounts.held -= booking.amount;
  accounts.tokens.giveBack(booking, booking.amount - used);
}

function onlyOnce<Value>(action: (value: Value) => void): (value: Value) => void {
  let isDone = false;
  return (value) => {
    if (isDone) return;
    isDone = true;
    action(value);
  };
}
