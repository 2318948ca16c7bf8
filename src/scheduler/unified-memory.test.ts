/** A GPU that shares the system's memory, as on Apple silicon: its bytes are taken from both pools, and counted once. */
import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../test/fakes/scheduler/fake-load-target.ts';
import { PolicyBench } from '../../test/fakes/scheduler/policy-bench.ts';
import type { GpuDevice } from '../gpus/gpu-device.ts';

/** Of 16 units of memory, 11 may be used by the GPU; other programs have some of them. */
const metal: GpuDevice = {
  id: 'MTL0',
  description: 'Apple M3',
  kind: 'gpu',
  library: 'metal',
  isUnified: true,
  totalBytes: 11,
  freeBytes: 11,
};
const model = (name: string, bytes: number, load = {}) =>
  fakeLoadTarget(name, { bytes, layers: bytes, load });
const mac = (available: number, settings = {}) => new PolicyBench(settings, available, [metal]);

describe('a model on a Mac with Apple silicon', () => {
  it('is whole on the GPU, as far as the GPU may use the memory', () => {
    const bench = mac(12);
    bench.runOnce(model('a', 11));
    expect(bench.instance('a').place).toMatchObject({
      gpuLayers: 11,
      isWhole: true,
      devices: { gpus: ['MTL0'] },
      pools: { system: 0, MTL0: 11 },
    });
  });

  it('is partly on the CPU where it is larger than the GPU allows and the memory is not', () => {
    const bench = mac(14);
    bench.runOnce(model('a', 13));
    expect(bench.instance('a').place).toMatchObject({ gpuLayers: 11, pools: { system: 2, MTL0: 11 } });
  });

  it('is refused where both parts together exceed the memory, though each would fit alone', () => {
    const bench = mac(12);
    const id = bench.ask(model('a', 13));
    expect(bench.rejected.get(id)).toMatchObject({ code: 'load-failed' });
    expect(bench.log).toEqual([]);
  });

  it('is refused with the figure of the one pool', () => {
    const gib = 1024 ** 3;
    const device = { ...metal, totalBytes: 11 * gib, freeBytes: 11 * gib };
    const bench = new PolicyBench({}, 8 * gib, [device]);
    const id = bench.ask(fakeLoadTarget('a', { bytes: 20 * gib, layers: 10 }));
    expect(bench.rejected.get(id)).toMatchObject({
      message: expect.stringMatching(/\(20\.0 GiB\) than is available \(8\.0 GiB\)/),
    });
  });

  it('is limited by the memory that other programs leave, not only by what the GPU may use', () => {
    const bench = mac(6);
    bench.runOnce(model('a', 6));
    expect(bench.instance('a').place.pools).toEqual({ system: 0, MTL0: 6 });
    const id = bench.ask(model('b', 7));
    expect(bench.rejected.has(id)).toBe(true);
  });

  it('is on the CPU by choice, in the same memory', () => {
    const bench = mac(12);
    bench.runOnce(model('a', 12, { gpuLayers: 0 }));
    expect(bench.instance('a').place.pools).toEqual({ system: 12 });
  });

  it('is whole on the CPU where only that fits: two parts need some tensors twice', () => {
    const bench = mac(12);
    const target = fakeLoadTarget('a', { bytes: 12, layers: 12 });
    const twice = {
      ...target,
      // The output layer is a copy of the embeddings when it is on a GPU.
      estimate: (slots: number) => ({ ...target.estimate(slots), inputBytes: 1 }),
    };
    bench.runOnce(twice);
    expect(bench.instance('a').place).toMatchObject({ gpuLayers: 0, isWhole: true, pools: { system: 12 } });
  });
});

describe('several models on a Mac with Apple silicon', () => {
  it('share the memory, whether they are on the GPU or on the CPU', () => {
    const bench = mac(12);
    bench.runOnce(model('a', 7));
    bench.runOnce(model('b', 5, { gpuLayers: 0 }));
    expect(bench.log).toEqual(['load a', 'load b']);
    bench.ask(model('c', 1));
    expect(bench.log).toEqual(['load a', 'load b', 'stop a']);
  });

  it('make room for another one with what they really free', () => {
    const bench = mac(12);
    bench.runOnce(model('a', 6));
    bench.runOnce(model('b', 5));
    bench.ask(model('c', 6));
    expect(bench.log.filter((line) => line.startsWith('stop'))).toEqual(['stop a']);
    bench.gone('a');
    expect(bench.instance('c').place.pools).toEqual({ system: 0, MTL0: 6 });
    // Only one unit is left of the system's memory, and none of what the GPU may use.
    bench.settle('c');
    bench.ask(model('d', 2, { gpuLayers: 0 }));
    expect(bench.log.at(-1)).toBe('stop b');
  });

  it('load at the same time only if there is memory for all of them', () => {
    const bench = mac(12);
    bench.ask(model('a', 7));
    bench.ask(model('b', 5));
    expect(bench.log).toEqual(['load a']);
    const other = mac(13);
    other.ask(model('a', 6));
    other.ask(model('b', 5));
    expect(other.log).toEqual(['load a', 'load b']);
  });

  it('count towards the limit of the settings', () => {
    const bench = mac(16, { memoryLimitBytes: 8 });
    bench.runOnce(model('a', 6));
    bench.ask(model('b', 3));
    expect(bench.log).toEqual(['load a', 'stop a']);
  });
});
