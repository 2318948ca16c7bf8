import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { OllamaError } from '../../base/errors.ts';
import type { CallerKey, KeyLimits } from '../caller-key.ts';
import type { TokenNeed } from './answer-room.ts';
import { MINUTE_MS } from './minute-window.ts';
import { type Allowance, RunLimits } from './run-limits.ts';

const keyOf = (limits: KeyLimits, id = 'key_a'): CallerKey => ({
  id,
  name: 'team',
  scopes: new Set(),
  mayUse: () => true,
  mayUseAll: true,
  salt: id,
  maxPriority: 0,
  limits,
});
const asks = (prompt: number, answer: number): TokenNeed => ({ prompt, answer, isExplicit: true });
const little = asks(1, 1);
const { signal } = new AbortController();

/** Lets everything proceed that can. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

function entries(limits: RunLimits, key: CallerKey) {
  const entered: string[] = [];
  const runs = new Map<string, Allowance>();
  const enter = (name: string, { need = little, priority = 0, own = signal } = {}) =>
    limits.enter({ key, priority, signal: own }, need).then((allowance) => {
      entered.push(name);
      runs.set(name, allowance);
    });
  return { entered, enter, end: (name: string, used?: number) => runs.get(name)?.end(used) };
}

describe('the limit of concurrent runs', () => {
  it('lets as many runs proceed as the key may have, and the others by priority and arrival', async () => {
    const { entered, enter, end } = entries(new RunLimits(new FakeClock()), keyOf({ concurrent: 2 }));
    for (const [name, priority] of [['a'], ['b'], ['c'], ['d', -1], ['e', 1], ['f', 1]] as const) {
      void enter(name, { priority });
    }
    await settled();
    expect(entered).toEqual(['a', 'b']);
    for (const [gone, next] of [
      ['a', 'e'],
      ['b', 'f'],
      ['e', 'c'],
      ['c', 'd'],
    ] as const) {
      end(gone);
      end(gone);
      await settled();
      expect(entered.at(-1)).toBe(next);
    }
    expect(entered).toHaveLength(6);
  });

  it('tries those behind the first one when its client goes', async () => {
    const { entered, enter } = entries(new RunLimits(new FakeClock()), keyOf({ tokensPerMinute: 1000 }));
    const leaving = new AbortController();
    void enter('running', { need: asks(400, 400) });
    const first = enter('large', { need: asks(310, 300), own: leaving.signal });
    void enter('small', { need: asks(10, 10) });
    await settled();
    expect(entered).toEqual(['running']);
    leaving.abort();
    await expect(first).rejects.toMatchObject({ code: 'canceled' });
    await settled();
    expect(entered).toEqual(['running', 'small']);
  });

  it('passes on the place of a client that has gone, and forgets keys that are idle', async () => {
    const limits = new RunLimits(new FakeClock());
    const { entered, enter, end } = entries(limits, keyOf({ concurrent: 1 }));
    const gone = new AbortController();
    await enter('a');
    const waiting = [enter('b', { own: gone.signal }), enter('c')];
    gone.abort();
    await expect(waiting[0]).rejects.toMatchObject({ code: 'canceled' });
    end('a');
    await waiting[1];
    expect(entered).toEqual(['a', 'c']);
    expect(limits.size).toBe(1);
    end('c');
    expect(limits.size).toBe(0);
  });

  it('loses no place to a client that goes in the moment in which its turn comes', async () => {
    const { entered, enter, end } = entries(new RunLimits(new FakeClock()), keyOf({ concurrent: 1 }));
    const gone = new AbortController();
    await enter('a');
    const lost = enter('b', { own: gone.signal }).catch(() => 'lost');
    void enter('c');
    gone.abort();
    end('a');
    expect(await lost).toBe('lost');
    await settled();
    expect(entered).toEqual(['a', 'c']);
  });

  it('refuses one more than may wait, and only that key', async () => {
    const limits = new RunLimits(new FakeClock());
    const { enter } = entries(limits, keyOf({ concurrent: 1 }));
    await enter('running');
    const leaving = new AbortController();
    const waiting = Array.from({ length: 128 }, (_, index) =>
      enter(`${index}`, { own: AbortSignal.any([leaving.signal]) }).catch(() => 'left'),
    );
    await expect(enter('too many')).rejects.toMatchObject({
      code: 'rate-limited',
      status: 429,
      headers: { 'Retry-After': '1' },
    });
    const other = entries(limits, keyOf({ concurrent: 1 }, 'key_b'));
    await other.enter('other');
    expect(other.entered).toEqual(['other']);
    leaving.abort();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['left']));
  });

  it('tells whom it keeps back, and since when', async () => {
    const clock = new FakeClock();
    const limits = new RunLimits(clock);
    const { enter, end } = entries(limits, keyOf({ concurrent: 1 }));
    await enter('a');
    void enter('b', { priority: -100 });
    clock.advance(300);
    void enter('c');
    clock.advance(200);
    expect(limits.waitingFor('key_a')).toEqual([
      { priority: 0, waitedMs: 200 },
      { priority: -100, waitedMs: 500 },
    ]);
    expect(limits.waitingFor('key_b')).toEqual([]);
    end('a');
    await settled();
    expect(limits.waitingFor('key_a')).toEqual([{ priority: -100, waitedMs: 500 }]);
  });

  it('holds for a key whose limit is lowered while runs proceed', async () => {
    const limits = new RunLimits(new FakeClock());
    const wide = entries(limits, keyOf({ concurrent: 3 }));
    for (const name of ['a', 'b', 'c']) await wide.enter(name);
    const narrow = entries(limits, keyOf({ concurrent: 1 }));
    void narrow.enter('d');
    for (const name of ['a', 'b']) wide.end(name);
    await settled();
    expect(narrow.entered).toEqual([]);
    wide.end('c');
    await settled();
    expect(narrow.entered).toEqual(['d']);
  });
});

describe('limits of tokens', () => {
  it('make a run wait for tokens that are only reserved, in turn, and refuse it once they are used', async () => {
    const { entered, enter, end } = entries(new RunLimits(new FakeClock()), keyOf({ tokensPerMinute: 1000 }));
    await enter('a', { need: asks(100, 900) });
    const [long, short, refused] = [
      enter('b', { need: asks(700, 200) }),
      enter('c', { need: asks(10, 40) }),
      enter('d', { need: asks(400, 200) }),
    ];
    refused?.catch(() => undefined);
    await settled();
    expect(entered).toEqual(['a']);
    end('a', 100);
    await long;
    await settled();
    expect(entered).toEqual(['a', 'b']);
    end('b', 500);
    await short;
    await expect(refused).rejects.toMatchObject({ code: 'rate-limited' });
  });

  it('do not make a run wait for a long one, once what that reserved is a minute old', async () => {
    const clock = new FakeClock();
    const { entered, enter } = entries(new RunLimits(clock), keyOf({ tokensPerMinute: 1000 }));
    await enter('a', { need: asks(100, 900) });
    void enter('b', { need: asks(100, 900) });
    clock.advance(MINUTE_MS + 500);
    await settled();
    expect(entered).toEqual(['a', 'b']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('reserve again what is known better, and let others have what is not needed', async () => {
    const limits = new RunLimits(new FakeClock());
    const key = keyOf({ tokensPerMinute: 1000 });
    const first = await limits.enter({ key, signal }, asks(500, 400));
    const second = limits.enter({ key, signal }, asks(200, 200));
    expect(first.reserve(asks(200, 400))).toBe(400);
    const { reserve } = await second;
    expect(() => reserve(asks(900, 10))).toThrow('may use 1000 tokens per minute');
  });

  it('admit a prompt whose length was guessed too high', async () => {
    const limits = new RunLimits(new FakeClock());
    const allowance = await limits.enter({ key: keyOf({ tokensPerMinute: 100 }), signal }, asks(5000, 50));
    expect(allowance.reserve(asks(40, 50))).toBe(50);
    expect(() => allowance.reserve(asks(500, 50))).toThrow('this request alone needs 501');
  });

  it('never admit more than the limit with 64 clients whose runs reserve half more than they use, and at least 95 %', async () => {
    const LIMIT = 20_000;
    const USED = 200;
    const clock = new FakeClock();
    const limits = new RunLimits(clock);
    const key = keyOf({ tokensPerMinute: LIMIT, concurrent: 16 });
    const random = seededRandom(3);
    const finished: number[] = [];
    const end = clock.now() + 20 * MINUTE_MS;
    const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
    const client = async () => {
      while (clock.now() < end) {
        try {
          const run = await limits.enter({ key, signal: AbortSignal.any([signal]) }, asks(100, 200));
          const admitted = clock.now();
          await pause(1000 + random() * 4000);
          run.end(USED);
          finished.push(admitted);
        } catch (error) {
          if (!(error instanceof OllamaError)) throw error;
          await pause(Number(error.headers['Retry-After-Ms']));
        }
      }
    };
    const clients = Promise.all(Array.from({ length: 64 }, client));
    while (clock.now() < end + 2 * MINUTE_MS) {
      await settled();
      clock.advance(100);
    }
    await clients;
    finished.sort((left, right) => left - right);
    const mostRuns = finished.map(
      (from) => finished.filter((at) => at >= from && at < from + MINUTE_MS).length,
    );
    expect(Math.max(...mostRuns) * USED).toBeLessThanOrEqual(LIMIT);
    expect(finished.length * USED).toBeGreaterThanOrEqual(0.95 * LIMIT * 20);
  });
});

it('costs a key without such limits nothing', async () => {
  const limits = new RunLimits(new FakeClock());
  const allowance = await limits.enter({ key: keyOf({ requestsPerMinute: 1 }), signal }, asks(1e9, 7));
  expect(allowance).toMatchObject({ countsTokens: false });
  expect(allowance.reserve(asks(1e9, 7))).toBe(7);
  expect([limits.size, limits.budgets.size]).toEqual([0, 0]);
});
