import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import type { KeyLimits } from '../caller-key.ts';
import type { TokenNeed } from './answer-room.ts';
import { KeyBudgets, type Reservation } from './key-budgets.ts';
import { MINUTE_MS } from './minute-window.ts';
import { type Refusal, rateLimited } from './refusal.ts';
import { DAY_MS } from './utc-day.ts';

const keyOf = (limits: KeyLimits, id = 'key_a') => ({ id, name: 'team', limits });
const asks = (prompt: number, answer: number): TokenNeed => ({ prompt, answer, isExplicit: true });

/** Milliseconds after which the refused client is told to come back; undefined = it was not refused. */
function waitOf(outcome: Reservation | Refusal | undefined): number | undefined {
  return outcome && 'waitMs' in outcome ? outcome.waitMs : undefined;
}

function reserved(budgets: KeyBudgets, key: ReturnType<typeof keyOf>, need: TokenNeed): Reservation {
  const outcome = budgets.reserve(key, need);
  if ('answer' in outcome) return outcome;
  throw new Error('refused');
}

/** The most that any interval of a minute holds. */
function mostInAMinute(grants: readonly { at: number; amount: number }[]): number {
  let [most, sum, first] = [0, 0, 0];
  for (const { at, amount } of grants) {
    sum += amount;
    while (at - (grants[first]?.at ?? at) >= MINUTE_MS) sum -= grants[first++]?.amount ?? 0;
    most = Math.max(most, sum);
  }
  return most;
}

/** 64 clients that try again as soon as they are told to, or are impatient, for half an hour. */
function simulate(attempt: (budgets: KeyBudgets) => number | undefined, amount: number) {
  const clock = new FakeClock();
  const budgets = new KeyBudgets(clock);
  const random = seededRandom(7);
  const grants: { at: number; amount: number }[] = [];
  const clients = Array.from({ length: 64 }, () => clock.now() + random() * 1000);
  const end = clock.now() + 30 * MINUTE_MS;
  for (;;) {
    const at = Math.min(...clients);
    if (at > end) return { grants, minutes: 30 };
    const client = clients.indexOf(at);
    clock.advance(Math.max(0, at - clock.now()));
    const wait = attempt(budgets);
    if (wait === undefined) grants.push({ at: clock.now(), amount });
    clients[client] =
      clock.now() + (wait === undefined ? random() * 200 : random() < 0.5 ? wait : 100 + random() * 900);
  }
}

describe('limits per minute', () => {
  for (const limit of [1, 7, 60, 1000]) {
    it(`never admit more than ${limit} requests in any minute, and at least 95 % of them over time`, () => {
      const key = keyOf({ requestsPerMinute: limit });
      const { grants, minutes } = simulate((budgets) => waitOf(budgets.countRequest(key)), 1);
      expect(mostInAMinute(grants)).toBe(limit);
      expect(grants.length).toBeGreaterThanOrEqual(0.95 * limit * minutes);
    });
  }

  it('never admit more tokens in any minute, and at least 95 % of them over time', () => {
    const key = keyOf({ tokensPerMinute: 10_000 });
    const attempt = (budgets: KeyBudgets) => waitOf(budgets.reserve(key, asks(60, 40)));
    const { grants, minutes } = simulate(attempt, 100);
    expect(mostInAMinute(grants)).toBeLessThanOrEqual(10_000);
    expect(grants.length * 100).toBeGreaterThanOrEqual(0.95 * 10_000 * minutes);
  });

  it('tell a refused client when it will be served, to the millisecond', () => {
    const clock = new FakeClock();
    const budgets = new KeyBudgets(clock);
    const key = keyOf({ requestsPerMinute: 2 });
    budgets.countRequest(key);
    clock.advance(10_250);
    budgets.countRequest(key);
    const wait = waitOf(budgets.countRequest(key)) ?? 0;
    expect(wait).toBeGreaterThan(MINUTE_MS - 10_250 - 1);
    clock.advance(wait - 1);
    expect(waitOf(budgets.countRequest(key))).toBe(1);
    clock.advance(1);
    expect(waitOf(budgets.countRequest(key))).toBeUndefined();
  });

  it('do not care about the time of day', () => {
    const clock = new FakeClock();
    const budgets = new KeyBudgets(clock);
    const key = keyOf({ requestsPerMinute: 1 });
    budgets.countRequest(key);
    for (const date of [0, Date.UTC(2100, 1, 1), Date.UTC(1999, 1, 1)]) {
      clock.setDate(date);
      expect(waitOf(budgets.countRequest(key))).toBeGreaterThan(59_000);
    }
    clock.advance(MINUTE_MS + 500);
    expect(waitOf(budgets.countRequest(key))).toBeUndefined();
  });
});

describe('limits per day', () => {
  const noon = Date.UTC(2026, 4, 31, 12);

  function atNoon() {
    const clock = new FakeClock();
    clock.setDate(noon);
    return { clock, budgets: new KeyBudgets(clock) };
  }

  it('begin again at midnight in UTC, and say so', () => {
    const { clock, budgets } = atNoon();
    const key = keyOf({ requestsPerDay: 2, requestsPerMinute: 10 });
    budgets.countRequest(key);
    budgets.countRequest(key);
    expect(budgets.standings(key).requests).toMatchObject({
      period: 'day',
      limit: 2,
      used: 2,
      remaining: 0,
      resetMs: DAY_MS / 2,
    });
    const wait = waitOf(budgets.countRequest(key)) ?? 0;
    expect(wait).toBe(DAY_MS / 2);
    clock.advance(wait - 1);
    expect(waitOf(budgets.countRequest(key))).toBe(1);
    clock.advance(1);
    expect(waitOf(budgets.countRequest(key))).toBeUndefined();
  });

  it('are not to be had again by setting the time of day back and forth', () => {
    const { clock, budgets } = atNoon();
    const key = keyOf({ tokensPerDay: 100 });
    reserved(budgets, key, asks(50, 50)).settle(100);
    clock.setDate(noon - DAY_MS);
    expect(waitOf(budgets.reserve(key, asks(1, 1)))).toBe(1.5 * DAY_MS);
    expect(budgets.date).toBe('2026-05-31');
    clock.setDate(noon);
    expect(waitOf(budgets.reserve(key, asks(1, 1)))).toBe(DAY_MS / 2);
    clock.setDate(noon + DAY_MS);
    expect(waitOf(budgets.reserve(key, asks(50, 50)))).toBeUndefined();
  });

  it('begin again the next day, though the clock was years ahead', () => {
    const { clock, budgets } = atNoon();
    const key = keyOf({ requestsPerDay: 1 });
    clock.setDate(Date.UTC(2099, 0, 1));
    budgets.countRequest(key);
    clock.setDate(noon);
    expect(waitOf(budgets.countRequest(key))).toBe(DAY_MS / 2);
    clock.setDate(noon + DAY_MS);
    expect(waitOf(budgets.countRequest(key))).toBeUndefined();
  });

  it('continue from what was used before the process began', () => {
    const { clock, budgets } = atNoon();
    const key = keyOf({ requestsPerDay: 3, tokensPerDay: 100 });
    budgets.countRequest(key);
    reserved(budgets, key, asks(10, 50)).settle(40);
    const running = reserved(budgets, key, asks(10, 30));
    expect([...budgets.today()]).toEqual([['key_a', { requests: 1, tokens: 40 }]]);
    const next = new KeyBudgets(clock);
    next.carryOver(budgets.today());
    expect(next.standings(key)).toMatchObject({ requests: { used: 1 }, tokens: { used: 40 } });
    running.settle(20);
    expect([...budgets.today()]).toEqual([['key_a', { requests: 1, tokens: 60 }]]);
  });

  it('do not give tokens of yesterday back today', () => {
    const { clock, budgets } = atNoon();
    const key = keyOf({ tokensPerDay: 1000 });
    const late = reserved(budgets, key, asks(100, 400));
    clock.advance(DAY_MS);
    reserved(budgets, key, asks(100, 0)).settle(100);
    late.settle(100);
    expect(budgets.standings(key).tokens).toMatchObject({ used: 100 });
  });
});

describe('the room for an answer', () => {
  const budgets = () => new KeyBudgets(new FakeClock());
  const open = (prompt: number, answer: number): TokenNeed => ({ prompt, answer, isExplicit: false });

  it('is what the request asks for, if that is left', () => {
    expect(reserved(budgets(), keyOf({ tokensPerMinute: 1000 }), asks(100, 900)).answer).toBe(900);
  });

  it('is what is left, if a request asks for much more', () => {
    expect(reserved(budgets(), keyOf({ tokensPerMinute: 10_000 }), asks(1000, 32_000)).answer).toBe(9000);
  });

  it('is half of what is left at most for a request without a maximum, so that others run beside it', () => {
    const some = budgets();
    const key = keyOf({ tokensPerMinute: 9000 });
    expect(reserved(some, key, open(1000, 32_000)).answer).toBe(4000);
    expect(reserved(some, key, open(1000, 32_000)).answer).toBe(1500);
    expect(waitOf(some.reserve(key, open(1000, 32_000)))).toBeGreaterThan(0);
  });

  it('exists even where the limit is far lower than the context', () => {
    expect(reserved(budgets(), keyOf({ tokensPerMinute: 100 }), open(20, 32_000)).answer).toBe(40);
    expect(reserved(budgets(), keyOf({ tokensPerMinute: 100 }), open(99, 32_000)).answer).toBe(1);
  });

  it('is never less than a small maximum: such a request is refused until all of it is left', () => {
    const some = budgets();
    const key = keyOf({ tokensPerMinute: 1000 });
    some.reserve(key, asks(0, 800));
    expect(waitOf(some.reserve(key, asks(0, 201)))).toBeGreaterThan(0);
    expect(reserved(some, key, asks(0, 200)).answer).toBe(200);
  });

  it('is none for a prompt above the limit, and nobody is told to come back', () => {
    for (const limits of [{ tokensPerMinute: 100 }, { tokensPerDay: 100, tokensPerMinute: 1000 }]) {
      const outcome = budgets().reserve(keyOf(limits), asks(100, 1));
      if ('answer' in outcome) throw new Error('not refused');
      const error = rateLimited('team', outcome);
      expect(error.message).toMatch(/may use 100 tokens per (minute|day), and this request alone needs 101/);
      expect(error.headers).toEqual({ 'X-Should-Retry': 'false' });
    }
  });
});

describe('KeyBudgets', () => {
  it('counts each key for itself, and keys without limits not at all', () => {
    const budgets = new KeyBudgets(new FakeClock());
    const limits = { requestsPerMinute: 1 };
    budgets.countRequest(keyOf(limits, 'key_a'));
    budgets.countRequest(keyOf(limits, 'key_b'));
    budgets.countRequest(keyOf({}, 'key_c'));
    expect(waitOf(budgets.countRequest(keyOf(limits, 'key_a')))).toBeGreaterThan(0);
    expect(budgets.size).toBe(2);
    expect(budgets.standings(keyOf({}, 'key_c'))).toEqual({ requests: undefined, tokens: undefined });
  });

  it('obeys a limit that is changed while it is in use', () => {
    const budgets = new KeyBudgets(new FakeClock());
    for (let count = 0; count < 5; count++) budgets.countRequest(keyOf({ requestsPerMinute: 5 }));
    expect(budgets.standings(keyOf({ requestsPerMinute: 3 })).requests).toMatchObject({
      used: 5,
      remaining: 0,
    });
    expect(waitOf(budgets.countRequest(keyOf({ requestsPerMinute: 3 })))).toBeGreaterThan(0);
    expect(waitOf(budgets.countRequest(keyOf({ requestsPerMinute: 6 })))).toBeUndefined();
  });

  it('forgets idle keys, so that ten thousand of them, one after another, are not all remembered', () => {
    const clock = new FakeClock();
    const budgets = new KeyBudgets(clock);
    for (let index = 0; index < 10_000; index++) {
      budgets.countRequest(keyOf({ requestsPerMinute: 5 }, `key_${index}`));
      clock.advance(1000);
    }
    clock.advance(DAY_MS);
    for (let index = 0; index < 2000; index++) {
      budgets.countRequest(keyOf({ requestsPerMinute: 5 }, `later_${index}`));
    }
    expect(budgets.size).toBeLessThanOrEqual(3000);
  });
});
