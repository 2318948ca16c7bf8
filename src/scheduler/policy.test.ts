import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../test/fakes/scheduler/fake-load-target.ts';
import { PolicyBench } from '../../test/fakes/scheduler/policy-bench.ts';
import { OllamaError } from '../base/errors.ts';

const MINUTE = 60_000;

const a = fakeLoadTarget('a');
const b = fakeLoadTarget('b');
const c = fakeLoadTarget('c');
const d = fakeLoadTarget('d');

describe('loading and reuse', () => {
  it('loads a model for its first request and reuses it for the next', () => {
    const bench = new PolicyBench();
    const first = bench.ask(a);
    expect(bench.log).toEqual(['load a']);
    expect(bench.granted.has(first)).toBe(false);
    bench.loaded('a');
    bench.release(first);
    const second = bench.ask(a);
    expect(bench.granted.get(second)).toBe(bench.granted.get(first));
    expect(bench.log).toEqual(['load a']);
  });

  it('loads once for requests that arrive while the load runs', () => {
    const bench = new PolicyBench({ numParallel: 2 });
    const ids = [bench.ask(a), bench.ask(a), bench.ask(a)];
    bench.loaded('a');
    expect(ids.map((id) => bench.granted.has(id))).toEqual([true, true, false]);
    expect(bench.log).toEqual(['load a']);
  });

  it.each([
    ['num_ctx', { contextLength: 4096 }],
    ['num_batch', { batchSize: 256 }],
    ['num_gpu', { gpuLayers: 3 }],
    ['num_thread', { threads: 1 }],
    ['use_mmap', { useMmap: false }],
  ])('reloads for a different %s after the running request has ended', (_, load) => {
    const bench = new PolicyBench();
    const running = bench.ask(a);
    bench.loaded('a');
    const other = bench.ask(fakeLoadTarget('a', { load }));
    expect(bench.log).toEqual(['load a']);
    bench.release(running);
    expect(bench.log).toEqual(['load a', 'stop a']);
    bench.gone('a');
    bench.loaded('a');
    expect(bench.granted.has(other)).toBe(true);
  });

  it('does not reload when num_gpu is left to the engine', () => {
    const bench = new PolicyBench();
    bench.runOnce(fakeLoadTarget('a', { load: { gpuLayers: 7 } }));
    bench.runOnce(fakeLoadTarget('a', { load: { gpuLayers: -1 } }));
    expect(bench.log).toEqual(['load a']);
  });

  it('rejects all requests waiting for a failed load, and loads again for the next request', () => {
    const bench = new PolicyBench();
    const ids = [bench.ask(a), bench.ask(a)];
    const error = new OllamaError('load-failed', 'broken');
    bench.send({ type: 'load-failed', instanceId: bench.instance('a').id, error });
    expect(ids.map((id) => bench.rejected.get(id))).toEqual([error, error]);
    bench.ask(a);
    expect(bench.log).toEqual(['load a', 'load a']);
  });

  it('loads again when the process was killed while loading, and gives up after three attempts', () => {
    const bench = new PolicyBench();
    const ids = [bench.ask(a), bench.ask(a)];
    const error = new OllamaError('load-failed', 'killed');
    const kill = () =>
      bench.send({ type: 'load-failed', instanceId: bench.instance('a').id, error, isCrash: true });
    kill();
    kill();
    expect(bench.log).toEqual(['load a', 'load a', 'load a']);
    expect(bench.rejected.size).toBe(0);
    kill();
    expect(ids.map((id) => bench.rejected.get(id))).toEqual([error, error]);
    bench.ask(a);
    kill();
    expect(bench.log).toHaveLength(5);
  });

  it('grants nothing on a runner whose process has exited, and loads again once its memory is free', () => {
    const bench = new PolicyBench({ maxLoadedModels: 1 });
    bench.runOnce(a);
    bench.send({ type: 'ending', instanceId: bench.instance('a').id });
    const id = bench.ask(a);
    expect(bench.log).toEqual(['load a']);
    bench.gone('a');
    bench.loaded('a');
    expect(bench.granted.has(id)).toBe(true);
  });

  it('drops a crashed runner immediately; requests that waited for a slot get one on the new runner, in order', () => {
    const bench = new PolicyBench();
    bench.ask(a);
    const waiting = [bench.ask(a), bench.ask(a)];
    bench.loaded('a');
    bench.gone('a');
    expect(bench.log).toEqual(['load a', 'load a']);
    bench.loaded('a');
    expect(waiting.map((id) => bench.granted.has(id))).toEqual([true, false]);
    expect(bench.rejected.size).toBe(0);
  });
});

describe('slots', () => {
  it('serves more requests than slots in order', () => {
    const bench = new PolicyBench({ numParallel: 2 });
    const ids = [bench.ask(a), bench.ask(a), bench.ask(a), bench.ask(a)];
    bench.loaded('a');
    bench.release(ids[1] ?? 0);
    expect(ids.map((id) => bench.granted.has(id))).toEqual([true, true, true, false]);
    bench.release(ids[0] ?? 0);
    expect(bench.granted.has(ids[3] ?? 0)).toBe(true);
  });

  it('chooses four automatically, and one if memory does not allow four', () => {
    const perSlot = fakeLoadTarget('a', { bytes: (slots) => 10 * slots });
    const roomy = new PolicyBench({ numParallel: 0 }, 40);
    roomy.ask(perSlot);
    expect(roomy.instance('a').place.slots).toBe(4);
    const tight = new PolicyBench({ numParallel: 0 }, 39);
    tight.ask(perSlot);
    expect(tight.instance('a').place.slots).toBe(1);
  });

  it('gives a model the number of slots that its target fixes', () => {
    const bench = new PolicyBench({ numParallel: 8 });
    bench.ask(fakeLoadTarget('a', { fixedSlots: 32 }));
    expect(bench.instance('a').place.slots).toBe(32);
  });

  it('makes room in a full queue at the cost of the client that waits with the most requests', () => {
    const bench = new PolicyBench({ maxQueue: 3 });
    const greedy = [1, 2, 3].map(() => bench.ask(a, undefined, { client: 'greedy' }));
    const modest = bench.ask(a, undefined, { client: 'modest' });
    expect([...bench.rejected.keys()]).toEqual([greedy[2]]);
    const again = bench.ask(a, undefined, { client: 'greedy' });
    expect([...bench.rejected.keys()]).toEqual([greedy[2], again]);
    bench.loaded('a');
    expect(bench.granted.has(greedy[0] ?? 0)).toBe(true);
    bench.release(greedy[0] ?? 0);
    expect(bench.granted.has(modest)).toBe(true);
  });

  it('refuses requests beyond the queue limit, but never one that a free slot can serve', () => {
    const bench = new PolicyBench({ maxQueue: 2, numParallel: 2 });
    bench.runOnce(b);
    const waiting = [bench.ask(a), bench.ask(a)];
    const refused = bench.ask(a);
    expect(bench.rejected.get(refused)).toMatchObject({
      status: 503,
      message: 'server busy, please try again.  maximum pending requests exceeded',
    });
    expect(bench.granted.has(bench.ask(b))).toBe(true);
    bench.loaded('a');
    expect(waiting.every((id) => bench.granted.has(id))).toBe(true);
  });
});

describe('keep-alive', () => {
  it('stops an idle runner when its keep-alive has passed, not earlier', () => {
    const bench = new PolicyBench();
    bench.runOnce(a);
    expect(bench.policy.nextTick).toBe(bench.now + 5 * MINUTE);
    bench.wait(5 * MINUTE - 1);
    expect(bench.log).toEqual(['load a']);
    bench.wait(1);
    expect(bench.log).toEqual(['load a', 'stop a']);
  });

  it('uses the keep-alive of the last request that set one', () => {
    const bench = new PolicyBench();
    bench.runOnce(a, 10 * MINUTE);
    bench.runOnce(a);
    expect(bench.policy.nextTick).toBe(bench.now + 10 * MINUTE);
    bench.runOnce(a, 1 * MINUTE);
    expect(bench.policy.nextTick).toBe(bench.now + 1 * MINUTE);
  });

  it('never expires while a request runs', () => {
    const bench = new PolicyBench();
    const id = bench.ask(a, 1);
    bench.loaded('a');
    bench.wait(60 * MINUTE);
    expect(bench.log).toEqual(['load a']);
    bench.release(id);
    bench.wait(1);
    expect(bench.log).toEqual(['load a', 'stop a']);
  });

  it('keeps a runner forever', () => {
    const bench = new PolicyBench();
    bench.runOnce(a, Number.POSITIVE_INFINITY);
    expect(bench.policy.nextTick).toBe(Number.POSITIVE_INFINITY);
    bench.wait(1e12);
    expect(bench.log).toEqual(['load a']);
  });

  it('with 0, stops the runner when the last request ends', () => {
    const bench = new PolicyBench({ numParallel: 2 });
    const ids = [bench.ask(a), bench.ask(a, 0)];
    bench.loaded('a');
    bench.release(ids[1] ?? 0);
    expect(bench.log).toEqual(['load a']);
    bench.release(ids[0] ?? 0);
    expect(bench.log).toEqual(['load a', 'stop a']);
  });

  it('unloads on request: immediately when idle, otherwise when the last request ends', () => {
    const bench = new PolicyBench();
    bench.runOnce(a);
    bench.send({ type: 'unload', key: a.key });
    expect(bench.log).toEqual(['load a', 'stop a']);
    const busy = new PolicyBench();
    const id = busy.ask(a);
    busy.loaded('a');
    busy.send({ type: 'unload', key: a.key });
    expect(busy.log).toEqual(['load a']);
    busy.release(id);
    expect(busy.log).toEqual(['load a', 'stop a']);
  });
});

describe('eviction', () => {
  it('unloads the least recently used idle model, and models that are kept forever last', () => {
    const bench = new PolicyBench();
    bench.runOnce(a, Number.POSITIVE_INFINITY);
    bench.runOnce(b);
    bench.runOnce(c);
    bench.runOnce(b);
    bench.ask(d);
    expect(bench.log.at(-1)).toBe('stop c');
    bench.gone('c');
    expect(bench.log.at(-1)).toBe('load d');
  });

  it('unloads an idle model rather than a busy one that was used longer ago', () => {
    const bench = new PolicyBench({ maxLoadedModels: 2 });
    bench.ask(a);
    bench.loaded('a');
    bench.runOnce(b);
    bench.ask(c);
    expect(bench.log.at(-1)).toBe('stop b');
  });

  it('unloads no more than needed: the one model that is large enough', () => {
    const bench = new PolicyBench({}, 10);
    bench.runOnce(fakeLoadTarget('small', { bytes: 1 }));
    bench.runOnce(fakeLoadTarget('large', { bytes: 8 }));
    bench.ask(fakeLoadTarget('next', { bytes: 9 }));
    expect(bench.log.filter((line) => line.startsWith('stop'))).toEqual(['stop large']);
  });

  it('does not let a stream of requests starve a cold model: the busy victim stops admitting requests', () => {
    const bench = new PolicyBench({ maxLoadedModels: 1 });
    let running = bench.ask(a);
    bench.loaded('a');
    const next = bench.ask(a);
    const cold = bench.ask(b);
    const late = bench.ask(a);
    bench.release(running);
    running = next;
    expect(bench.granted.has(next)).toBe(true);
    bench.release(running);
    expect(bench.granted.has(late)).toBe(false);
    bench.gone('a');
    bench.loaded('b');
    expect(bench.granted.has(cold)).toBe(true);
    bench.release(cold);
    bench.gone('b');
    bench.loaded('a');
    expect(bench.granted.has(late)).toBe(true);
  });

  it('starts a small cold model beside a load that waits for a busy victim', () => {
    const bench = new PolicyBench({}, 10);
    bench.ask(fakeLoadTarget('busy', { bytes: 6 }));
    bench.loaded('busy');
    bench.ask(fakeLoadTarget('large', { bytes: 7 }));
    bench.ask(fakeLoadTarget('small', { bytes: 2 }));
    expect(bench.log).toEqual(['load busy', 'load small']);
  });

  it('does not let a later model take the room an earlier one waits for', () => {
    const bench = new PolicyBench({}, 10);
    bench.ask(fakeLoadTarget('busy', { bytes: 6 }));
    bench.loaded('busy');
    bench.ask(fakeLoadTarget('large', { bytes: 8 }));
    bench.ask(fakeLoadTarget('later', { bytes: 3 }));
    expect(bench.log).toEqual(['load busy']);
  });

  it('leaves the victim alone when the client that needed its place disconnects', () => {
    const bench = new PolicyBench({ maxLoadedModels: 1 });
    const running = bench.ask(a);
    bench.loaded('a');
    const cold = bench.ask(b);
    const behind = bench.ask(a);
    bench.send({ type: 'leave', requestId: cold });
    bench.release(running);
    expect(bench.granted.has(behind)).toBe(true);
    expect(bench.log).toEqual(['load a']);
  });

  it('stops a load that no request waits for any more', () => {
    const bench = new PolicyBench();
    const id = bench.ask(a);
    bench.send({ type: 'leave', requestId: id });
    expect(bench.log).toEqual(['load a', 'stop a']);
  });

  it('serves a storm of different num_ctx values with few reloads', () => {
    const bench = new PolicyBench({ numParallel: 4 });
    const ids = Array.from({ length: 60 }, (_, index) =>
      bench.ask(fakeLoadTarget('a', { load: { contextLength: 1024 * (1 + (index % 3)) } })),
    );
    for (let step = 0; step < 500; step += 1) bench.settle('a');
    expect(ids.every((id) => bench.granted.has(id))).toBe(true);
    expect(bench.log.filter((line) => line === 'load a')).toHaveLength(3);
  });

  it('unloads nothing for a third set of options of a model that is being reloaded already', () => {
    const bench = new PolicyBench({ maxLoadedModels: 2 });
    bench.runOnce(b);
    bench.ask(a);
    bench.loaded('a');
    bench.ask(fakeLoadTarget('a', { load: { contextLength: 4096 } }));
    bench.ask(a);
    expect(bench.log).toEqual(['load b', 'load a']);
  });

  it('waits for a running load before it chooses a model to unload', () => {
    const bench = new PolicyBench({}, 10);
    bench.runOnce(fakeLoadTarget('idle', { bytes: 1 }));
    bench.ask(fakeLoadTarget('loading', { bytes: 5 }));
    bench.ask(fakeLoadTarget('next', { bytes: 5 }));
    expect(bench.log).toEqual(['load idle', 'load loading']);
    bench.loaded('loading');
    expect(bench.log.at(-1)).toBe('stop idle');
  });
});

describe('limits', () => {
  it('keeps room for mapped files of loaded models, although the system reports it as available', () => {
    const bench = new PolicyBench({}, 10);
    bench.runOnce(fakeLoadTarget('mapped', { bytes: 6, mappedBytes: 5 }));
    bench.ask(fakeLoadTarget('next', { bytes: 5 }));
    expect(bench.log.at(-1)).toBe('stop mapped');
    const huge = bench.ask(fakeLoadTarget('huge', { bytes: 11 }));
    expect(bench.rejected.has(huge)).toBe(true);
  });

  it('refuses a model that can never fit, with both sizes, and unloads nothing for it', () => {
    const gib = 1024 ** 3;
    const bench = new PolicyBench({}, 8 * gib);
    bench.runOnce(fakeLoadTarget('a', { bytes: 6 * gib }));
    const id = bench.ask(fakeLoadTarget('huge', { bytes: 9 * gib }));
    expect(bench.rejected.get(id)).toMatchObject({
      code: 'load-failed',
      message: expect.stringMatching(/\(9\.0 GiB\) than is available \(8\.0 GiB\).*num_ctx 2048/),
    });
    expect(bench.log).toEqual(['load a']);
  });

  it('stops every runner and refuses waiting and new requests when it closes', () => {
    const bench = new PolicyBench();
    bench.ask(a);
    bench.loaded('a');
    const waiting = [bench.ask(a), bench.ask(b)];
    bench.send({ type: 'close' });
    expect(bench.log).toEqual(['load a', 'load b', 'stop a', 'stop b']);
    expect(waiting.every((id) => bench.rejected.has(id))).toBe(true);
    const late = bench.ask(a);
    expect(bench.rejected.has(late)).toBe(true);
  });
});

describe('the models that would have to leave for another one', () => {
  const circumstances = (bench: PolicyBench, free: number) => ({
    now: bench.now,
    freeMemory: () => ({ systemBytes: free, gpus: [] }),
  });

  it('are those that a request would unload, and asking unloads none', () => {
    const bench = new PolicyBench({}, 10);
    bench.runOnce(fakeLoadTarget('old', { bytes: 4 }));
    bench.runOnce(fakeLoadTarget('new', { bytes: 4 }));
    const victimsFor = (bytes: number) =>
      bench.policy.victimsOf(fakeLoadTarget('next', { bytes }), circumstances(bench, 2));
    expect(victimsFor(2)).toEqual([]);
    expect(victimsFor(5)).toEqual(['old']);
    expect(victimsFor(10)?.sort()).toEqual(['new', 'old']);
    expect(victimsFor(11)).toBeUndefined();
    expect(bench.log).toEqual(['load old', 'load new']);
    bench.ask(fakeLoadTarget('next', { bytes: 5 }));
    expect(bench.log.at(-1)).toBe('stop old');
  });

  it('include busy ones, which leave when their requests end, but no pinned ones', () => {
    const bench = new PolicyBench({}, 10);
    bench.runOnce(fakeLoadTarget('pinned', { bytes: 4, pinned: true }));
    bench.ask(fakeLoadTarget('busy', { bytes: 4 }));
    bench.loaded('busy');
    const victimsFor = (bytes: number) =>
      bench.policy.victimsOf(fakeLoadTarget('next', { bytes }), circumstances(bench, 2));
    expect(victimsFor(6)).toEqual(['busy']);
    expect(victimsFor(7)).toBeUndefined();
  });

  it('is none for a loaded model, and itself where it would be loaded again', () => {
    const bench = new PolicyBench({}, 10);
    bench.runOnce(fakeLoadTarget('a', { bytes: 4 }));
    const longer = fakeLoadTarget('a', { bytes: 5, load: { contextLength: 4096 } });
    expect(bench.policy.victimsOf(fakeLoadTarget('a', { bytes: 4 }), circumstances(bench, 6))).toEqual([]);
    expect(bench.policy.victimsOf(longer, circumstances(bench, 6))).toEqual(['a']);
  });
});
