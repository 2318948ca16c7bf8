import { describe, expect, it } from 'vitest';
import { createFreeCores, createIdleCores, freeCores } from './processor-load.ts';
import { ThreadGovernor } from './thread-governor.ts';

const window = (cores: number) => ({ wallMs: 250, cpuMs: 250 * cores });

describe('ThreadGovernor', () => {
  it('uses all threads while they get their cores', () => {
    const governor = new ThreadGovernor(4, () => 0);
    for (let index = 0; index < 20; index++) governor.record(window(3.8));
    expect(governor.threads).toBe(4);
  });

  it('uses no more threads than the cores it got, and at least one', () => {
    const governor = new ThreadGovernor(8, () => 0);
    governor.record(window(5.4));
    expect(governor.threads).toBe(5);
    governor.record(window(0.3));
    expect(governor.threads).toBe(1);
    governor.record(window(0.3));
    expect(governor.threads).toBe(1);
  });

  it('does not add threads while the machine is busy, and does when cores are idle', () => {
    let idle = 0;
    const governor = new ThreadGovernor(4, () => idle);
    governor.record(window(1));
    for (let index = 0; index < 10; index++) governor.record(window(1));
    expect(governor.threads).toBe(1);
    idle = 2;
    governor.record(window(1));
    expect(governor.threads).toBe(3);
    governor.record(window(3));
    expect(governor.threads).toBe(4);
  });

  it('starts with as many threads as there are free cores, and at least one', () => {
    expect(new ThreadGovernor(4, () => 0, 2).threads).toBe(2);
    expect(new ThreadGovernor(4, () => 0, -3).threads).toBe(1);
    expect(new ThreadGovernor(4, () => 0, 16).threads).toBe(4);
  });

  it('keeps the number of threads over an idle period, unless the machine has become free', () => {
    const governor = new ThreadGovernor(4, () => 0, 2);
    governor.begin(3);
    expect(governor.threads).toBe(2);
    governor.begin(undefined);
    expect(governor.threads).toBe(2);
    governor.begin(5);
    expect(governor.threads).toBe(4);
  });

  it('counts a core as free when only the server and its client use part of it', () => {
    const governor = new ThreadGovernor(2, () => 0.4, 1);
    governor.record(window(1));
    expect(governor.threads).toBe(2);
  });

  it('decides on a whole window, not on a single short step', () => {
    const governor = new ThreadGovernor(2, () => 0);
    governor.record({ wallMs: 10, cpuMs: 1 });
    expect(governor.threads).toBe(2);
    for (let index = 0; index < 10; index++) governor.record({ wallMs: 10, cpuMs: 20 });
    expect(governor.threads).toBe(2);
  });
});

describe('createIdleCores', () => {
  it('counts the idle time between two calls, over all cores', () => {
    const times = (user: number, idle: number) => ({ times: { user, nice: 0, sys: 0, idle, irq: 0 } });
    const readings = [
      [times(0, 0), times(0, 0)],
      [times(100, 0), times(25, 75)],
    ];
    const idleCores = createIdleCores(() => readings.shift() ?? []);
    expect(idleCores()).toBe(0);
    expect(idleCores()).toBeCloseTo(0.75);
  });
});

describe('freeCores', () => {
  it('leaves out this process, the server and its client, and counts the rest', () => {
    expect(freeCores('0.1 0.2 0.3 1/210 99\n', 2)).toBe(2);
    expect(freeCores('0.1 0.2 0.3 3/210 99\n', 2)).toBe(2);
    expect(freeCores('0.1 0.2 0.3 5/210 99\n', 2)).toBe(0);
    expect(freeCores('0.1 0.2 0.3 40/900 99\n', 64)).toBe(27);
    expect(freeCores('', 2)).toBeUndefined();
  });
});

describe('createFreeCores', () => {
  const processor = (user: number, idle: number) => ({ times: { user, nice: 0, sys: 0, idle, irq: 0 } });
  const usage = (nowMs: number, ownMs: number, ...processors: ReturnType<typeof processor>[]) => ({
    nowMs,
    ownMs,
    processors,
  });
  const start = usage(0, 0, processor(0, 0), processor(0, 0));
  /** Over one second, on two cores. */
  const oneSecond = (ownMs: number, first: number, second: number) =>
    usage(1000, ownMs, processor(first, 1000 - first), processor(second, 1000 - second));
  const freeAfter = (...readings: ReturnType<typeof usage>[]) => {
    const free = createFreeCores(() => readings.shift() ?? start);
    return [...readings].map(() => free());
  };

  it.each([
    ['an idle machine', 0, 10, 20, 2],
    ['only this process', 1900, 950, 950, 2],
    ['the server and its client beside it', 1000, 1000, 300, 2],
    ['another busy program', 0, 1000, 0, 1],
    ['another busy program beside this process', 1000, 1000, 1000, 1],
    ['a machine that is busy', 0, 1000, 1000, 0],
  ])('counts the cores that others leave: %s', (_, ownMs, first, second, expected) => {
    expect(freeAfter(start, oneSecond(ownMs, first, second))).toEqual([expected]);
  });

  it('says nothing after less than a few ticks of the clock, and measures on', () => {
    const soon = usage(50, 0, processor(50, 0), processor(50, 0));
    expect(freeAfter(start, soon, oneSecond(0, 1000, 1000))).toEqual([undefined, 0]);
  });

  it('says nothing about the time before a long pause', () => {
    const late = usage(60_000, 0, processor(0, 60_000), processor(0, 60_000));
    const next = usage(61_000, 0, processor(1000, 60_000), processor(1000, 60_000));
    expect(freeAfter(start, late, next)).toEqual([undefined, 0]);
  });
});
