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
