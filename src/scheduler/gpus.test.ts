import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../test/fakes/scheduler/fake-load-target.ts';
import { PolicyBench } from '../../test/fakes/scheduler/policy-bench.ts';
import type { GpuDevice } from '../gpus/gpu-device.ts';

const gpu = (id: string, bytes: number): GpuDevice => ({
  id,
  description: '',
  kind: 'gpu',
  library: 'cuda',
  totalBytes: bytes,
  freeBytes: bytes,
});
const model = (name: string, bytes: number, load = {}) => fakeLoadTarget(name, { bytes, layers: 10, load });

describe('models on GPUs', () => {
  it('go on the GPU with the most free memory that fits them whole', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 50), gpu('CUDA1', 80)]);
    bench.runOnce(model('a', 40));
    bench.runOnce(model('b', 45));
    expect(bench.instance('a').place.pools).toEqual({ system: 0, CUDA1: 40 });
    expect(bench.instance('b').place.pools).toEqual({ system: 0, CUDA0: 45 });
  });

  it('share no GPU with a model that is partly on the CPU: the idle one is unloaded first', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 50)]);
    bench.runOnce(model('a', 40));
    bench.ask(model('b', 80));
    expect(bench.log).toEqual(['load a', 'stop a']);
    bench.gone('a');
    expect(bench.instance('b').place).toMatchObject({
      gpuLayers: 6,
      devices: { gpus: ['CUDA0'], split: [6] },
      pools: { system: 32, CUDA0: 48 },
    });
  });

  it('stay beside a model that is on the CPU by choice', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 50)]);
    bench.runOnce(model('a', 40));
    bench.runOnce(model('b', 80, { gpuLayers: 0 }));
    expect(bench.log).toEqual(['load a', 'load b']);
    expect(bench.instance('b').place).toMatchObject({ gpuLayers: 0, pools: { system: 80 } });
  });

  it('are limited to three per GPU by default', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 50), gpu('CUDA1', 50)]);
    for (let index = 0; index < 6; index += 1) bench.runOnce(model(`m${index}`, 1));
    expect(bench.log).not.toContain('stop m0');
    bench.ask(model('m6', 1));
    expect(bench.log.filter((line) => line.startsWith('stop'))).toEqual(['stop m0']);
  });

  it('leave the overhead of each GPU free', () => {
    const bench = new PolicyBench({ gpuOverheadBytes: 15 }, 100, [gpu('CUDA0', 50)]);
    bench.ask(model('a', 40));
    expect(bench.instance('a').place.pools).toEqual({ system: 8, CUDA0: 32 });
  });

  it('use all GPUs when the settings spread them', () => {
    const bench = new PolicyBench({ spread: true }, 100, [gpu('CUDA0', 50), gpu('CUDA1', 50)]);
    bench.ask(model('a', 40));
    expect(bench.instance('a').place.devices).toEqual({ gpus: ['CUDA0', 'CUDA1'], split: [5, 5] });
  });

  it('get a GPU of their own eventually, while other models come and go', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 50)]);
    bench.ask(model('a', 20));
    bench.loaded('a');
    const large = bench.ask(model('large', 90));
    bench.ask(model('b', 20));
    expect(bench.log).toEqual(['load a']);
    bench.release(1);
    bench.gone('a');
    bench.loaded('large');
    expect(bench.granted.has(large)).toBe(true);
  });

  it('that fit nowhere are refused, and the error names the memory of each device', () => {
    const gib = 1024 ** 3;
    const bench = new PolicyBench({}, 8 * gib, [gpu('CUDA0', 4 * gib)]);
    const id = bench.ask(model('huge', 20 * gib));
    expect(bench.rejected.get(id)).toMatchObject({
      message: expect.stringContaining('(20.0 GiB) than is available (8.0 GiB and 4.0 GiB on CUDA0)'),
    });
  });
});

describe('models with experts', () => {
  /** Ten layers, of which the first nine are experts by three quarters. */
  const mixture = (name: string, bytes: number, load = {}) =>
    fakeLoadTarget(name, { bytes, layers: 10, expertPart: 0.75, load });
  const placeOf = (bench: PolicyBench, name: string) => bench.instance(name).place;

  it('stay whole on a GPU that has room for them', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 40)]);
    bench.ask(mixture('a', 40));
    expect(placeOf(bench, 'a')).toMatchObject({
      gpuLayers: 10,
      expertLayersOnCpu: 0,
      isWhole: true,
      pools: { system: 0, CUDA0: 40 },
    });
  });

  it('leave the experts of as few layers as possible on the CPU where it has not', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 30)]);
    bench.ask(mixture('a', 40));
    expect(placeOf(bench, 'a')).toMatchObject({
      gpuLayers: 10,
      expertLayersOnCpu: 4,
      devices: { gpus: ['CUDA0'], split: [10] },
      pools: { system: 12, CUDA0: 28 },
    });
  });

  it('are divided by layers where even the rest has no room', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 12)]);
    bench.ask(mixture('a', 40));
    expect(placeOf(bench, 'a')).toMatchObject({
      gpuLayers: 3,
      expertLayersOnCpu: 0,
      pools: { system: 28, CUDA0: 12 },
    });
  });

  it('take fewer slots rather than experts on the CPU', () => {
    const bench = new PolicyBench({ numParallel: 0 }, 100, [gpu('CUDA0', 30)]);
    const bytes = (slots: number) => 20 + 5 * slots;
    bench.ask(fakeLoadTarget('a', { bytes, layers: 10, expertPart: 0.75 }));
    expect(placeOf(bench, 'a')).toMatchObject({ slots: 1, expertLayersOnCpu: 0, isWhole: true });
  });

  it('need the GPU for themselves, like all models that do not fit on it', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 30)]);
    bench.runOnce(model('small', 10));
    bench.ask(mixture('a', 40));
    expect(bench.log).toEqual(['load small', 'stop small']);
  });

  it('follow num_cpu_moe, within the layers that they have', () => {
    for (const [wanted, kept, system] of [
      [0, 0, 0],
      [2, 2, 6],
      [99, 9, 27],
    ] as const) {
      const bench = new PolicyBench({}, 100, [gpu('CUDA0', 40)]);
      bench.ask(mixture('a', 40, { expertLayersOnCpu: wanted }));
      const pools = { system, CUDA0: 40 - system };
      expect(placeOf(bench, 'a')).toMatchObject({ expertLayersOnCpu: kept, isWhole: true, pools });
    }
  });

  it('are divided by layers with num_cpu_moe 0, and ignore it without experts or GPU', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 30)]);
    bench.runOnce(mixture('a', 40, { expertLayersOnCpu: 0 }));
    expect(placeOf(bench, 'a')).toMatchObject({ gpuLayers: 7, expertLayersOnCpu: 0 });
    const dense = new PolicyBench({}, 100, [gpu('CUDA0', 40)]);
    dense.runOnce(model('dense', 40, { expertLayersOnCpu: 3 }));
    expect(placeOf(dense, 'dense')).toMatchObject({ expertLayersOnCpu: 0, pools: { system: 0, CUDA0: 40 } });
    const without = new PolicyBench({}, 100);
    without.runOnce(mixture('b', 40, { expertLayersOnCpu: 3 }));
    expect(placeOf(without, 'b')).toMatchObject({ expertLayersOnCpu: 0, pools: { system: 40 } });
  });

  it.each([
    ['nothing is said', undefined, true],
    ['the loaded number is given', 4, true],
    ['another number is given', 2, false],
    ['none are wanted on the CPU', 0, false],
  ])('are loaded again for another num_cpu_moe only: %s', (_, wanted, stays) => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 30)]);
    bench.runOnce(mixture('a', 40));
    bench.ask(mixture('a', 40, wanted === undefined ? {} : { expertLayersOnCpu: wanted }));
    expect(bench.log).toEqual(stays ? ['load a'] : ['load a', 'stop a']);
  });

  it('are not loaded again for a num_cpu_moe that changes nothing', () => {
    const bench = new PolicyBench({}, 100, [gpu('CUDA0', 40)]);
    bench.runOnce(model('dense', 40));
    bench.runOnce(model('dense', 40, { expertLayersOnCpu: 3 }));
    const full = new PolicyBench({}, 100, [gpu('CUDA0', 40)]);
    full.runOnce(mixture('a', 40, { expertLayersOnCpu: 9 }));
    full.runOnce(mixture('a', 40, { expertLayersOnCpu: 99 }));
    expect([...bench.log, ...full.log]).toEqual(['load dense', 'load a']);
  });
});

describe('OLLAMA_MEMORY_LIMIT', () => {
  it('limits the memory of all models together', () => {
    const bench = new PolicyBench({ memoryLimitBytes: 10 }, 100);
    bench.runOnce(model('a', 6));
    bench.ask(model('b', 6));
    expect(bench.log).toEqual(['load a', 'stop a']);
    const huge = bench.ask(model('huge', 11));
    expect(bench.rejected.has(huge)).toBe(true);
  });
});
