/** Models that are loaded for large batches: more slots, and what people keep of them. */
import { expect, it } from 'vitest';
import { fakeLoadTarget } from '../../../test/fakes/scheduler/fake-load-target.ts';
import { PolicyBench } from '../../../test/fakes/scheduler/policy-bench.ts';
import type { LoadTarget } from '../load-target.ts';

const AUTO = { numParallel: 0 };
const bytes = (slots: number) => 10 + slots;
const person = fakeLoadTarget('a', { bytes });
const line = fakeLoadTarget('a', { bytes, isForBatch: true });

const askMany = (bench: PolicyBench, target: LoadTarget, count: number) =>
  Array.from({ length: count }, () => bench.ask(target));
const grantedOf = (bench: PolicyBench, ids: readonly number[]) => ids.filter((id) => bench.granted.has(id));

it('a model that is not loaded gets more slots for a large batch, as many as there is memory for', () => {
  for (const [total, slots] of [
    [100, 16],
    [20, 8],
    [17, 4],
    [13, 1],
  ] as const) {
    const bench = new PolicyBench(AUTO, total);
    bench.ask(line);
    expect(bench.instance('a').place.slots).toBe(slots);
  }
});

it('the number of slots that the settings or the model say is kept', () => {
  const set = new PolicyBench({ numParallel: 2 });
  set.ask(line);
  expect(set.instance('a').place.slots).toBe(2);
  const fixed = new PolicyBench(AUTO);
  fixed.ask(fakeLoadTarget('a', { bytes, isForBatch: true, fixedSlots: 3 }));
  expect(fixed.instance('a').place.slots).toBe(3);
});

it('a model that nobody uses is loaded again with more slots, once', () => {
  const bench = new PolicyBench(AUTO);
  bench.runOnce(person);
  const first = bench.ask(line);
  expect(bench.log).toEqual(['load a', 'stop a']);
  bench.gone('a');
  bench.loaded('a');
  expect(bench.instance('a').place.slots).toBe(16);
  bench.release(first);
  bench.release(bench.ask(person));
  bench.release(bench.ask(line));
  expect(bench.log).toEqual(['load a', 'stop a', 'load a']);
});

it('a model stays as it is while people use it, where more slots do not fit, and with a longer context', () => {
  const used = new PolicyBench(AUTO);
  used.ask(person);
  used.loaded('a');
  used.ask(line);
  const small = new PolicyBench(AUTO, 17);
  small.runOnce(person);
  small.ask(line);
  const long = new PolicyBench(AUTO);
  long.runOnce(fakeLoadTarget('a', { bytes, load: { contextLength: 8192 } }));
  long.ask(line);
  for (const bench of [used, small, long]) expect(bench.log).toEqual(['load a']);
});

it('lines leave a slot to people, and take no more than three beside them', () => {
  const bench = new PolicyBench(AUTO);
  const lines = askMany(bench, line, 32);
  bench.loaded('a');
  const running = grantedOf(bench, lines);
  expect(running).toHaveLength(15);
  const someone = bench.ask(person);
  expect(bench.granted.has(someone)).toBe(true);
  for (const id of running) bench.release(id);
  expect(grantedOf(bench, lines)).toHaveLength(15 + 3);
  bench.release(someone);
  expect(grantedOf(bench, lines)).toHaveLength(15 + 15);
});
