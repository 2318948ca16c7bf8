import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../test/fakes/scheduler/fake-load-target.ts';
import { PolicyBench } from '../../test/fakes/scheduler/policy-bench.ts';

const a = fakeLoadTarget('a');
const b = fakeLoadTarget('b');
const oneModel = { maxLoadedModels: 1, swapMaxWaitMs: 1000 };

describe('a swap of a busy model for a cold one', () => {
  it('waits for a while, and requests for the loaded model are served in the meantime', () => {
    const bench = new PolicyBench({ ...oneModel, numParallel: 2 });
    bench.ask(a);
    bench.loaded('a');
    bench.ask(b);
    const together = bench.ask(a);
    expect(bench.granted.has(together)).toBe(true);
    bench.release(1);
    const later = bench.ask(a);
    expect(bench.granted.has(later)).toBe(true);
    expect(bench.log).toEqual(['load a']);
  });

  it('happens when the cold request has waited long enough, even if the other model is never idle', () => {
    const bench = new PolicyBench({ ...oneModel, numParallel: 2 });
    let running = bench.ask(a);
    bench.loaded('a');
    const cold = bench.ask(b);
    const asked = bench.now;
    for (let step = 0; step < 20 && !bench.log.includes('stop a'); step += 1) {
      const next = bench.ask(a);
      bench.now += 100;
      bench.release(running);
      running = next;
    }
    expect(bench.log).toEqual(['load a', 'stop a']);
    expect(bench.now - asked).toBeLessThanOrEqual(1200);
    bench.gone('a');
    bench.loaded('b');
    expect(bench.granted.has(cold)).toBe(true);
  });

  it('happens through time alone, without another request', () => {
    const bench = new PolicyBench(oneModel);
    bench.ask(a);
    bench.loaded('a');
    bench.ask(b);
    expect(bench.policy.nextTick).toBe(bench.now + 1000);
    bench.wait(1000);
    expect(bench.instance('a').leavingSince).toBe(bench.now);
    const late = bench.ask(a);
    expect(bench.granted.has(late)).toBe(false);
  });

  it('happens immediately when the loaded model is idle', () => {
    const bench = new PolicyBench(oneModel);
    bench.runOnce(a);
    bench.ask(b);
    expect(bench.log).toEqual(['load a', 'stop a']);
  });

  it('never lets a request overtake an earlier one for the same model with other options', () => {
    const bench = new PolicyBench({ ...oneModel, numParallel: 2 });
    bench.ask(a);
    bench.loaded('a');
    const larger = bench.ask(fakeLoadTarget('a', { load: { contextLength: 8192 } }));
    const behind = bench.ask(a);
    expect(bench.granted.has(behind)).toBe(false);
    bench.release(1);
    bench.gone('a');
    bench.loaded('a');
    expect(bench.granted.has(larger)).toBe(true);
    expect(bench.granted.has(behind)).toBe(true);
  });

  it('lets a running load serve the request that it was started for before it makes room', () => {
    const bench = new PolicyBench({ ...oneModel, swapMaxWaitMs: 0 });
    const first = bench.ask(a, undefined, { client: 'x' });
    const urgent = bench.ask(b, undefined, { client: 'y', priority: 5 });
    expect(bench.log).toEqual(['load a']);
    bench.loaded('a');
    expect(bench.granted.has(first)).toBe(true);
    bench.release(first);
    bench.gone('a');
    bench.loaded('b');
    expect(bench.granted.has(urgent)).toBe(true);
    expect(bench.log).toEqual(['load a', 'stop a', 'load b']);
  });

  it('ends requests that run beyond the drain timeout', () => {
    const bench = new PolicyBench({ ...oneModel, drainTimeoutMs: 60_000 });
    bench.ask(a);
    bench.loaded('a');
    bench.ask(b);
    bench.wait(1000);
    bench.wait(59_999);
    expect(bench.log).toEqual(['load a']);
    expect(bench.policy.nextTick).toBe(bench.now + 1);
    bench.now += 1;
    const actions = bench.send({ type: 'tick' });
    expect(actions).toEqual([{ type: 'stop', instanceId: 1, reason: 'drained' }]);
  });
});

describe('a pinned model', () => {
  const pinned = fakeLoadTarget('pinned', { pinned: true, bytes: 6 });

  it('is never unloaded, neither for other models nor after its keep-alive', () => {
    const bench = new PolicyBench({ keepAliveMs: 10 }, 10);
    bench.runOnce(pinned);
    bench.wait(1e9);
    const huge = bench.ask(fakeLoadTarget('huge', { bytes: 5 }));
    expect(bench.rejected.get(huge)).toMatchObject({ code: 'load-failed' });
    bench.ask(fakeLoadTarget('small', { bytes: 4 }));
    expect(bench.log).toEqual(['load pinned', 'load small']);
  });

  it('is reloaded with other options, and stops when it is unloaded by name', () => {
    const bench = new PolicyBench({}, 10);
    bench.runOnce(pinned);
    bench.ask(fakeLoadTarget('pinned', { pinned: true, bytes: 6, load: { contextLength: 4096 } }));
    expect(bench.log).toEqual(['load pinned', 'stop pinned']);
    const other = new PolicyBench({}, 10);
    other.runOnce(pinned);
    other.send({ type: 'unload', key: pinned.key });
    expect(other.log).toEqual(['load pinned', 'stop pinned']);
  });

  it('that takes the last place causes an error that names the setting', () => {
    const bench = new PolicyBench({ maxLoadedModels: 1 });
    bench.runOnce(pinned);
    const id = bench.ask(a);
    expect(bench.rejected.get(id)).toMatchObject({
      message: expect.stringContaining('OLLAMA_MAX_LOADED_MODELS'),
    });
  });
});

describe('clients', () => {
  it('take turns at the slots of a model', () => {
    const bench = new PolicyBench();
    const many = [1, 2, 3].map(() => bench.ask(a, undefined, { client: 'busy' }));
    const single = bench.ask(a, undefined, { client: 'rare' });
    bench.loaded('a');
    bench.release(many[0] ?? 0);
    expect(bench.granted.has(single)).toBe(true);
    expect(bench.granted.has(many[1] ?? 0)).toBe(false);
  });

  it('with a higher priority are served first, even across models', () => {
    const bench = new PolicyBench({ maxLoadedModels: 1 });
    bench.ask(a);
    bench.loaded('a');
    bench.ask(a);
    const urgent = bench.ask(b, undefined, { priority: 1 });
    bench.release(1);
    expect(bench.log).toEqual(['load a', 'stop a']);
    bench.gone('a');
    bench.loaded('b');
    expect(bench.granted.has(urgent)).toBe(true);
  });
});

describe('a shorter context', () => {
  it('is served by a runner with a longer one', () => {
    const bench = new PolicyBench();
    bench.runOnce(fakeLoadTarget('a', { load: { contextLength: 8192 } }));
    bench.runOnce(fakeLoadTarget('a', { load: { contextLength: 2048 } }));
    expect(bench.log).toEqual(['load a']);
  });
});
