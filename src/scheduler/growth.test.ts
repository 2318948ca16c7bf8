import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../test/fakes/scheduler/fake-load-target.ts';
import { PolicyBench } from '../../test/fakes/scheduler/policy-bench.ts';
import { OllamaError } from '../base/errors.ts';
import type { LoadTarget } from './load-target.ts';

const SWAP_MS = 1000;
const bytes = (perSlot: number) => (slots: number) => 10 + perSlot * slots;
/** Takes 11 bytes with one slot, 14 with four. */
const short = fakeLoadTarget('a', { bytes: bytes(1) });
/** Takes 20 bytes with one slot, 50 with four. */
const long = fakeLoadTarget('a', { bytes: bytes(10), load: { contextLength: 32_768 } });
const other = fakeLoadTarget('b', { bytes: 11 });

const settings = { numParallel: 1, swapMaxWaitMs: SWAP_MS };
const twoSlots = { ...settings, numParallel: 2 };
const longer = { again: 'longer' } as const;

/** A request that was served, found that its prompt does not fit, and asks for a longer context. */
function grow(bench: PolicyBench, target: LoadTarget = long): number {
  const first = bench.ask(short);
  if (!bench.granted.has(first)) bench.loaded('a');
  bench.release(first);
  return bench.ask(target, undefined, longer);
}

describe('a request for a longer context', () => {
  it('has an idle model loaded again, and others share what it got', () => {
    const bench = new PolicyBench(settings);
    const id = grow(bench);
    expect(bench.log).toEqual(['load a', 'stop a']);
    bench.gone('a');
    expect(bench.log).toEqual(['load a', 'stop a', 'load a']);
    bench.loaded('a');
    expect(bench.instance('a').target.load.contextLength).toBe(32_768);
    expect(bench.granted.get(id)).toBe(bench.instance('a').id);
    bench.release(id);
    expect(bench.granted.has(bench.ask(short))).toBe(true);
    expect(bench.log).toHaveLength(3);
  });

  it('gets a new instance beside the busy one, whose request ends there', () => {
    const bench = new PolicyBench(twoSlots);
    const stream = bench.ask(short);
    bench.loaded('a');
    const id = grow(bench);
    expect(bench.log).toEqual(['load a', 'load a']);
    // While the new instance loads, the old one keeps serving.
    const meanwhile = bench.ask(short);
    expect(bench.granted.get(meanwhile)).toBe(bench.granted.get(stream));
    bench.release(meanwhile);
    bench.loaded('a');
    const later = bench.ask(short);
    expect(bench.granted.get(later)).toBe(bench.granted.get(id));
    expect(bench.granted.get(id)).not.toBe(bench.granted.get(stream));
    expect(bench.log).toEqual(['load a', 'load a']);
    bench.wait(10 * SWAP_MS);
    expect(bench.log).toEqual(['load a', 'load a']);
    bench.release(stream);
    expect(bench.log).toEqual(['load a', 'load a', 'stop a']);
  });

  it('waits for running requests where both do not fit, and others wait no longer than OLLAMA_SWAP_MAX_WAIT', () => {
    const bench = new PolicyBench(twoSlots, 40);
    const stream = bench.ask(short);
    bench.loaded('a');
    const id = grow(bench);
    const behind = bench.ask(short);
    expect(bench.granted.has(behind)).toBe(false);
    expect(bench.log).toEqual(['load a']);
    bench.wait(SWAP_MS);
    expect(bench.rejected.get(id)).toMatchObject({ code: 'busy', message: expect.stringContaining('32768') });
    expect(bench.granted.get(behind)).toBe(bench.granted.get(stream));
    expect(bench.log).toEqual(['load a']);
  });

  it('gets the model once the running requests have ended in time', () => {
    const bench = new PolicyBench(twoSlots, 40);
    const stream = bench.ask(short);
    bench.loaded('a');
    const id = grow(bench);
    bench.wait(SWAP_MS - 1);
    bench.release(stream);
    expect(bench.log).toEqual(['load a', 'stop a']);
    bench.wait(10 * SWAP_MS);
    bench.gone('a');
    bench.loaded('a');
    expect(bench.granted.has(id)).toBe(true);
  });

  it('keeps others waiting only once in a while', () => {
    const bench = new PolicyBench({ ...settings, numParallel: 3 }, 45);
    bench.ask(short);
    bench.loaded('a');
    grow(bench);
    bench.wait(SWAP_MS);
    const again = grow(bench);
    expect(bench.rejected.has(again)).toBe(true);
    expect(bench.instance('a').leavingSince).toBeUndefined();
    bench.wait(60_000);
    const later = grow(bench);
    expect(bench.rejected.has(later)).toBe(false);
    expect(bench.instance('a').leavingSince).toBe(bench.now);
  });

  it('never unloads another model in use, but one that is idle', () => {
    const bench = new PolicyBench(settings, 30);
    const busy = bench.ask(other);
    bench.loaded('b');
    const refused = grow(bench);
    expect(bench.rejected.get(refused)).toMatchObject({
      code: 'busy',
      message: expect.stringContaining('memory'),
    });
    expect(bench.log).toEqual(['load b', 'load a']);
    bench.release(busy);
    const id = grow(bench);
    expect(bench.log).toEqual(['load b', 'load a', 'stop b', 'stop a']);
    bench.gone('a');
    bench.gone('b');
    bench.loaded('a');
    expect(bench.granted.has(id)).toBe(true);
  });

  it('has idle models unloaded to find a place beside the busy instance, which serves others meanwhile', () => {
    const bench = new PolicyBench({ ...twoSlots, maxLoadedModels: 2 });
    bench.runOnce(other);
    const stream = bench.ask(short);
    bench.loaded('a');
    const id = grow(bench);
    expect(bench.log).toEqual(['load b', 'load a', 'stop b']);
    const meanwhile = bench.ask(short);
    expect(bench.granted.get(meanwhile)).toBe(bench.granted.get(stream));
    bench.gone('b');
    bench.loaded('a');
    expect(bench.granted.get(id)).toBe(bench.instance('a', 'ready').id + 1);
    expect(bench.log).toEqual(['load b', 'load a', 'stop b', 'load a']);
  });

  it('never unloads a pinned model, whose own context it may replace', () => {
    const bench = new PolicyBench(settings, 30);
    bench.runOnce(fakeLoadTarget('b', { bytes: 11, pinned: true }));
    expect(bench.rejected.has(grow(bench))).toBe(true);
    expect(bench.log).toEqual(['load b', 'load a']);
    const alone = new PolicyBench(settings, 30);
    alone.runOnce(fakeLoadTarget('a', { bytes: bytes(1), pinned: true }));
    grow(alone);
    expect(alone.log).toEqual(['load a', 'stop a']);
  });

  it('shares one load with another request for a longer context', () => {
    const bench = new PolicyBench(twoSlots);
    const ids = [bench.ask(short), bench.ask(short)];
    bench.loaded('a');
    for (const id of ids) bench.release(id);
    const grown = ids.map(() => bench.ask(long, undefined, longer));
    bench.gone('a');
    bench.loaded('a');
    expect(grown.map((id) => bench.granted.has(id))).toEqual([true, true]);
    expect(bench.log).toEqual(['load a', 'stop a', 'load a']);
  });

  it('takes fewer slots rather than none, but not beside requests that then would wait', () => {
    const bench = new PolicyBench({ ...settings, numParallel: 0 }, 40);
    const id = grow(bench);
    bench.gone('a');
    bench.loaded('a');
    expect(bench.instance('a').place.slots).toBe(1);
    expect(bench.granted.has(id)).toBe(true);
    const busy = new PolicyBench({ ...settings, numParallel: 0 }, 40);
    busy.ask(short);
    busy.loaded('a');
    grow(busy);
    expect(busy.log).toEqual(['load a']);
  });

  it('keeps the model loaded for as long as before', () => {
    const bench = new PolicyBench(settings);
    bench.runOnce(short, 7_200_000);
    grow(bench);
    bench.gone('a');
    bench.loaded('a');
    expect(bench.instance('a').keepAliveMs).toBe(7_200_000);
  });

  it('fails alone when the longer context cannot be loaded, and is not tried again at once', () => {
    const bench = new PolicyBench(settings);
    const id = grow(bench);
    bench.gone('a');
    const others = [bench.ask(short), bench.ask(short)];
    const error = new OllamaError('load-failed', 'killed');
    bench.send({ type: 'load-failed', instanceId: bench.instance('a').id, error, isCrash: true });
    expect(bench.rejected.get(id)).toBe(error);
    expect(bench.log).toEqual(['load a', 'stop a', 'load a', 'load a']);
    bench.loaded('a');
    expect(bench.instance('a').target).toBe(short);
    expect(bench.granted.has(others[0] ?? 0)).toBe(true);
    const circumstances = { now: bench.now, freeMemory: () => ({ systemBytes: 100, gpus: [] }) };
    expect(bench.policy.hasRoomToGrow(long, circumstances)).toBe(false);
    expect(bench.rejected.has(bench.ask(long, undefined, longer))).toBe(true);
    expect(bench.policy.hasRoomToGrow(long, { ...circumstances, now: bench.now + 60_000 })).toBe(true);
  });

  it('finds a place in a full queue, and so does its return to the shorter context', () => {
    const bench = new PolicyBench({ ...settings, maxQueue: 1 });
    const first = bench.ask(short);
    bench.loaded('a');
    bench.ask(short);
    const crowded = bench.ask(short);
    expect(bench.rejected.has(crowded)).toBe(true);
    bench.release(first);
    bench.ask(short);
    for (const again of ['longer', 'same'] as const) {
      expect(bench.rejected.has(bench.ask(short, undefined, { again }))).toBe(false);
    }
  });
});

describe('the room for a longer context', () => {
  const roomIn = (bench: PolicyBench, target = long) => {
    const used = bench.policy.instances.reduce((sum, { place }) => sum + (place.pools.system ?? 0), 0);
    const freeMemory = () => ({ systemBytes: bench.total - used, gpus: [] });
    return bench.policy.hasRoomToGrow(target, { now: bench.now, freeMemory });
  };

  it('counts what the model itself and idle models would leave, but nothing that is in use or pinned', () => {
    const bench = new PolicyBench(settings, 30);
    bench.runOnce(short);
    expect(roomIn(bench)).toBe(true);
    const busy = bench.ask(other);
    bench.loaded('b');
    expect(roomIn(bench)).toBe(false);
    bench.release(busy);
    expect(roomIn(bench)).toBe(true);
    const pinned = new PolicyBench(settings, 30);
    pinned.runOnce(fakeLoadTarget('b', { bytes: 11, pinned: true }));
    expect(roomIn(pinned)).toBe(false);
  });

  it('is none where not even one slot fits', () => {
    const bench = new PolicyBench({ ...settings, numParallel: 0 }, 19);
    bench.runOnce(short);
    expect(roomIn(bench)).toBe(false);
    const larger = new PolicyBench({ ...settings, numParallel: 0 }, 20);
    larger.runOnce(short);
    expect(roomIn(larger)).toBe(true);
  });
});
