import { freemem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createDeferred, type Deferred } from '../../base/deferred.ts';
import { createMemoryGauge } from './memory-gauge.ts';
import { availableMemoryBytes } from './system-memory.ts';

const PAGE = 16_384;
const output = (pages: number) =>
  `Mach Virtual Memory Statistics: (page size of ${PAGE} bytes)\nPages free:     ${pages}.\n`;

function setUp() {
  const runs: Deferred<string>[] = [];
  let now = 0;
  const gauge = createMemoryGauge({ now: () => now }, 'darwin', () => {
    const run = createDeferred<string>();
    runs.push(run);
    return run.promise;
  });
  const advance = (milliseconds: number) => {
    now += milliseconds;
  };
  return { gauge, runs, advance };
}

describe('on macOS, createMemoryGauge', () => {
  it('returns the last measurement', async () => {
    const { gauge, runs } = setUp();
    const measured = gauge.refresh();
    runs[0]?.resolve(output(1000));
    await measured;
    expect(gauge.availableBytes()).toBe(1000 * PAGE);
    expect(gauge.availableBytes()).toBe(1000 * PAGE);
    expect(runs).toHaveLength(1);
  });

  it('measures again only when the last measurement is too old', async () => {
    const { gauge, runs, advance } = setUp();
    const first = gauge.refresh(5000);
    runs[0]?.resolve(output(1));
    await first;
    advance(5000);
    await gauge.refresh(5000);
    expect(runs).toHaveLength(1);
    advance(1);
    const second = gauge.refresh(5000);
    runs[1]?.resolve(output(2));
    await second;
    expect(gauge.availableBytes()).toBe(2 * PAGE);
    const third = gauge.refresh();
    runs[2]?.resolve(output(3));
    await third;
    expect(gauge.availableBytes()).toBe(3 * PAGE);
  });

  it('keeps the newer of two measurements that overtake each other', async () => {
    const { gauge, runs, advance } = setUp();
    const first = gauge.refresh();
    advance(1);
    const second = gauge.refresh();
    runs[1]?.resolve(output(2));
    await second;
    runs[0]?.resolve(output(1));
    await first;
    expect(gauge.availableBytes()).toBe(2 * PAGE);
  });

  it('keeps the last measurement where the program fails, and guesses before the first', async () => {
    const { gauge, runs } = setUp();
    expect(gauge.availableBytes()).toBeGreaterThan(0);
    for (const text of [output(7), '']) {
      const measured = gauge.refresh();
      runs.at(-1)?.resolve(text);
      await measured;
      expect(gauge.availableBytes()).toBe(7 * PAGE);
    }
  });
});

it('reads the memory at each call on other systems', () => {
  const clock = { now: () => 0 };
  const linux = createMemoryGauge(clock, 'linux');
  expect(linux.refresh()).toBeUndefined();
  expect(linux.availableBytes() / availableMemoryBytes()).toBeCloseTo(1, 0);
  const windows = createMemoryGauge(clock, 'win32');
  expect(windows.refresh()).toBeUndefined();
  expect(windows.availableBytes() / freemem()).toBeCloseTo(1, 0);
});
