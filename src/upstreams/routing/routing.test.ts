import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { silentLogger } from '../../base/logger.ts';
import type { ConfiguredUpstream } from '../../config/file/config-file.ts';
import { upstreamEntry } from '../../config/file/upstream-section.ts';
import { Breaker } from './breaker.ts';
import { matchedModel } from './matched-model.ts';
import { chooseWay, expectedWaitMs, type QueueFacts } from './overflow.ts';
import { Upstreams } from './upstreams.ts';

const model = (pattern: string, as?: string) => ({
  pattern,
  ...(as !== undefined && { as }),
  capabilities: [],
});

describe('a model of an upstream', () => {
  it.each([
    ['gpt-4o', undefined, 'gpt-4o', 'gpt-4o'],
    ['gpt-4o', undefined, 'GPT-4o:latest', 'gpt-4o'],
    ['gpt-4o:latest', undefined, 'gpt-4o', 'gpt-4o'],
    ['big', 'org/Big-Model', 'big', 'org/Big-Model'],
    ['gpt-*', undefined, 'gpt-5', 'gpt-5'],
    ['gpt-*', undefined, 'gpt-5:latest', 'gpt-5'],
    ['far/*', '*', 'far/qwen3:8b', 'qwen3:8b'],
    ['far/*', 'models/*', 'far/Qwen', 'models/Qwen'],
    ['*', 'x-*', '$&', 'x-$&'],
  ])('%s as %s answers for %s as %s', (pattern, as, asked, target) => {
    expect(matchedModel(model(pattern, as), asked)?.target).toBe(target);
  });

  it.each([
    ['gpt-4o', 'gpt-4'],
    ['gpt-4o', 'gpt-4o:mini'],
    ['gpt-*', 'claude'],
    ['far/*', 'far'],
  ])('%s does not answer for %s', (pattern, asked) => {
    expect(matchedModel(model(pattern), asked)).toBeUndefined();
  });
});

const idle: QueueFacts = {
  ...{ isStored: true, fits: true, ahead: 0, freeSlots: 0, slots: 0, oldestWaitMs: 0 },
  usualRunMs: undefined,
};

describe('the way of a request', () => {
  it.each([
    ['here, if nobody waits', {}, 'here'],
    ['there, if the model is not here', { isStored: false }, 'upstream'],
    ['there, if it does not fit', { fits: false }, 'upstream'],
    ['here, if a slot is free', { slots: 2, freeSlots: 1, usualRunMs: 60_000 }, 'here'],
    ['there, if answers take long', { slots: 1, usualRunMs: 11_000 }, 'upstream'],
    ['here, if many slots take turns', { slots: 4, ahead: 2, usualRunMs: 11_000 }, 'here'],
    ['there, if the line is long', { slots: 4, ahead: 4, usualRunMs: 11_000 }, 'upstream'],
    ['there, if somebody waits for long', { slots: 1, ahead: 1, oldestWaitMs: 10_001 }, 'upstream'],
    ['here, if nothing is known', { slots: 1, ahead: 1 }, 'here'],
  ])('is %s', (_, facts: Partial<QueueFacts>, to) => {
    expect(chooseWay({ ...idle, ...facts }, 10_000).to).toBe(to);
  });

  it('never becomes shorter because more requests are ahead', () => {
    for (let ahead = 0; ahead < 50; ahead++) {
      const facts = { ...idle, slots: 3, freeSlots: 1, usualRunMs: 500, oldestWaitMs: 100 };
      expect(expectedWaitMs({ ...facts, ahead: ahead + 1 })).toBeGreaterThanOrEqual(
        expectedWaitMs({ ...facts, ahead }),
      );
    }
  });
});

describe('a breaker', () => {
  it('opens after three failures in a row, tries once, and pauses for twice as long', () => {
    const clock = new FakeClock();
    const breaker = new Breaker(clock);
    expect([breaker.failed(), breaker.failed()]).toEqual([0, 0]);
    expect(breaker.state).toBe('closed');
    expect(breaker.failed()).toBe(5000);
    expect([breaker.state, breaker.admits]).toEqual(['open', false]);
    clock.advance(5000);
    expect([breaker.state, breaker.admits]).toEqual(['trying', true]);
    breaker.began();
    expect(breaker.admits).toBe(false);
    expect(breaker.failed()).toBe(10_000);
    clock.advance(10_000);
    breaker.began();
    expect(breaker.succeeded()).toBe(true);
    expect([breaker.state, breaker.admits]).toEqual(['closed', true]);
    expect(breaker.failed()).toBe(0);
  });

  it('pauses for five minutes at most', () => {
    const breaker = new Breaker(new FakeClock());
    const pauses = Array.from({ length: 20 }, () => breaker.failed());
    expect(Math.max(...pauses)).toBe(300_000);
  });

  it('tries again after a request whose client left', () => {
    const clock = new FakeClock();
    const breaker = new Breaker(clock);
    for (let turn = 0; turn < 3; turn++) breaker.failed();
    clock.advance(5000);
    breaker.began();
    breaker.ended();
    expect(breaker.admits).toBe(true);
  });
});

describe('the upstreams', () => {
  const entry = (name: string, fields: object = {}) =>
    upstreamEntry({ name, url: `http://${name}.invalid`, kind: 'openai', models: ['m'], ...fields });
  function upstreams(list: readonly ConfiguredUpstream[]) {
    const clock = new FakeClock();
    const settings = { upstreams: list, listeners: [] as (() => void)[] };
    const all = new Upstreams({
      settings: {
        get upstreams() {
          return settings.upstreams;
        },
        onChange: (listener) => {
          settings.listeners.push(listener);
          return () => undefined;
        },
      },
      ...{ clock, logger: silentLogger, environment: {} },
    });
    return { all, settings, clock };
  }
  const { signal } = new AbortController();

  it('come by priority, a name before a pattern', () => {
    const { all } = upstreams([
      entry('low', { models: ['*'] }),
      entry('named'),
      entry('high', { models: ['*'], priority: 1 }),
      entry('other', { models: ['x'] }),
    ]);
    const route = all.routeOf('m');
    expect(route?.candidates.map(({ upstream }) => upstream.name)).toEqual(['high', 'named', 'low']);
    expect(route?.overflowMs).toBeUndefined();
    expect(upstreams([entry('named')]).all.routeOf('y')).toBeUndefined();
  });

  it('list names, each once, and no patterns', () => {
    const { all } = upstreams([entry('a'), entry('b', { models: ['M', 'gpt-*', 'gpt-5'], priority: 2 })]);
    expect(all.listed.map(({ name, upstream }) => [name, upstream])).toEqual([
      ['M', 'b'],
      ['gpt-5', 'b'],
    ]);
  });

  it('take as many requests as their limit, and others wait in their order', async () => {
    const { all } = upstreams([entry('a', { limit: 1 }), entry('b', { limit: 1 })]);
    const { candidates = [] } = all.routeOf('m') ?? {};
    const one = await all.enter(candidates, signal);
    const two = await all.enter(candidates, signal);
    expect([one.upstream.name, two.upstream.name]).toEqual(['a', 'b']);
    const order: string[] = [];
    const third = all.enter(candidates, signal).then((found) => {
      order.push('third');
      return found;
    });
    const fourth = all.enter(candidates, signal).then(() => order.push('fourth'));
    expect(all.waiting).toBe(2);
    all.leave(two);
    expect((await third).upstream.name).toBe('b');
    all.leave(one);
    await fourth;
    expect(order).toEqual(['third', 'fourth']);
  });

  it('refuse a request that waits for a place for as long as an answer may take to begin', async () => {
    const { all, clock } = upstreams([entry('a', { limit: 1, first_byte_timeout: '3s' })]);
    const { candidates = [] } = all.routeOf('m') ?? {};
    const one = await all.enter(candidates, signal);
    const waiting = all.enter(candidates, signal);
    clock.advance(2999);
    expect(all.waiting).toBe(1);
    clock.advance(1);
    await expect(waiting).rejects.toThrow('upstream "a": no place became free within 3 s');
    expect(all.waiting).toBe(0);
    all.leave(one);
    expect([one.upstream.active, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('forget a request whose client leaves while it waits', async () => {
    const { all } = upstreams([entry('a', { limit: 1 })]);
    const { candidates = [] } = all.routeOf('m') ?? {};
    const one = await all.enter(candidates, signal);
    const leaving = new AbortController();
    const waiting = all.enter(candidates, leaving.signal);
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'canceled' });
    expect(all.waiting).toBe(0);
    all.leave(one);
    expect(one.upstream.active).toBe(0);
  });

  it('keep what is known of those whose settings stay the same', () => {
    const { all, settings } = upstreams([entry('a'), entry('b')]);
    const [a, b] = all.all;
    settings.upstreams = [entry('b', { limit: 3 }), entry('a')];
    for (const listener of settings.listeners) listener();
    expect(all.all[1]).toBe(a);
    expect(all.all[0]).not.toBe(b);
  });
});
