/** How the weights of models get into memory, in the course of loads and unloads. */
import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../test/fakes/scheduler/fake-load-target.ts';
import { PolicyBench } from '../../test/fakes/scheduler/policy-bench.ts';
import { GIB } from '../base/units.ts';
import type { GpuDevice } from '../gpus/gpu-device.ts';
import type { LoadTarget } from './load-target.ts';
import type { HugePages } from './placement/weights-plan.ts';
import type { SchedulerSettings } from './scheduler-settings.ts';

const TOTAL = 16 * GIB;

function benchWith(
  hugePages: HugePages | undefined,
  settings: Partial<SchedulerSettings> = {},
  gpus: readonly GpuDevice[] = [],
): PolicyBench {
  const bench = new PolicyBench(settings, TOTAL, gpus);
  bench.hugePages = hugePages;
  return bench;
}

const model = (name: string, gibibytes: number, useMmap?: boolean) =>
  fakeLoadTarget(name, {
    bytes: gibibytes * GIB,
    mappedBytes: gibibytes * GIB,
    ...(useMmap !== undefined && { load: { useMmap } }),
  });

/** A request that waits until room is made for its model. */
function swapIn(bench: PolicyBench, target: LoadTarget): void {
  const id = bench.ask(target);
  const stopping = bench.policy.instances.filter(({ state }) => state === 'stopping');
  for (const instance of stopping) bench.gone(instance.target.name);
  bench.loaded(target.name);
  bench.release(id);
}

const weightsOf = (bench: PolicyBench, name: string) => bench.instance(name).place.weights;

describe('weights in huge pages', () => {
  it('are counted as memory of the process, and mapped weights as files', () => {
    const bench = benchWith('available');
    bench.runOnce(model('own', 5));
    bench.hugePages = 'off';
    bench.runOnce(model('mapped', 5));
    expect(weightsOf(bench, 'own')).toMatchObject({ useMmap: false, hugePages: true });
    expect(weightsOf(bench, 'mapped')).toMatchObject({ useMmap: true, hugePages: false });
    expect(bench.instance('own').place.mappedBytes).toBe(0);
    expect(bench.instance('mapped').place.mappedBytes).toBe(5 * GIB);
  });

  it('leave the same room for other models as mapped ones', () => {
    const logs = (['available', 'off', undefined] as const).map((hugePages) => {
      const bench = benchWith(hugePages);
      for (const [name, size] of Object.entries({ a: 7, b: 8, c: 4, d: 7 })) swapIn(bench, model(name, size));
      return bench.log;
    });
    expect(logs[0]).toHaveLength(6);
    expect(logs[1]).toEqual(logs[0]);
    expect(logs[2]).toEqual(logs[0]);
  });

  it('are not used for the model that leaves less than the reserve free', () => {
    const bench = benchWith('available');
    bench.runOnce(model('first', 10));
    bench.runOnce(model('second', 6));
    expect(weightsOf(bench, 'first').useMmap).toBe(false);
    expect(weightsOf(bench, 'second')).toMatchObject({ useMmap: true, hugePages: false });
  });

  it('count a load in progress in full', () => {
    const bench = benchWith('available');
    bench.ask(model('first', 10));
    bench.ask(model('second', 6));
    expect(weightsOf(bench, 'second').useMmap).toBe(true);
  });

  it('respect the memory limit of the settings', () => {
    const bench = benchWith('available', { memoryLimitBytes: 6 * GIB });
    bench.runOnce(model('a', 6));
    expect(weightsOf(bench, 'a').useMmap).toBe(true);
  });

  it('are not used for a model on a GPU', () => {
    const gpu: GpuDevice = {
      id: 'GPU0',
      description: '',
      kind: 'gpu',
      library: 'cuda',
      totalBytes: TOTAL,
      freeBytes: TOTAL,
    };
    const bench = benchWith('available', {}, [gpu]);
    bench.runOnce(model('a', 2));
    expect(weightsOf(bench, 'a')).toMatchObject({ useMmap: true, hugePages: false });
  });

  it('are not used for a second runner of a mapped file, but are for that of an unmapped one', () => {
    const first = model('a', 2);
    const adapted = { ...first, name: 'adapted', key: 'with an adapter' };
    for (const before of ['off', 'available'] as const) {
      const bench = benchWith(before);
      bench.runOnce(first);
      bench.hugePages = 'available';
      bench.runOnce(adapted);
      expect(weightsOf(bench, 'adapted').useMmap).toBe(before === 'off');
    }
  });
});

describe('use_mmap and a loaded model', () => {
  it.each<[string, HugePages, boolean | undefined, boolean | undefined, boolean]>([
    ['what was decided serves whoever says nothing', 'available', undefined, undefined, true],
    ['huge pages serve whoever wants no mapping', 'available', undefined, false, true],
    ['huge pages do not serve whoever wants a mapping', 'available', undefined, true, false],
    ['a wanted mapping serves whoever says nothing', 'available', true, undefined, true],
    ['unmapped weights that were wanted serve nobody else', 'available', false, undefined, false],
    ['without huge pages a mapping is the default', 'off', undefined, true, true],
    ['without huge pages the default is not unmapped', 'off', undefined, false, false],
    ['without huge pages unmapped weights do not serve the default', 'off', false, undefined, false],
  ])('%s', (_, hugePages, loaded, wanted, serves) => {
    const bench = benchWith(hugePages);
    bench.runOnce(model('a', 2, loaded));
    bench.ask(model('a', 2, wanted));
    expect(bench.log).toEqual(serves ? ['load a'] : ['load a', 'stop a']);
  });

  it('a change of the setting does not reload what is loaded', () => {
    const bench = benchWith('available');
    bench.runOnce(model('a', 2));
    bench.hugePages = 'off';
    bench.runOnce(model('a', 2));
    expect(bench.log).toEqual(['load a']);
  });
});
