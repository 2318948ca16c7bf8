/** The rules of placement: the decisions for a line of requests, and that deciding does not change its input. */
import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../../test/fakes/scheduler/fake-load-target.ts';
import { schedulerSettings } from '../../../test/fakes/scheduler/scheduler-settings.ts';
import type { Instance, WaitingRequest } from '../instance.ts';
import type { LoadTarget } from '../load-target.ts';
import { SYSTEM_POOL } from '../memory/memory-pools.ts';
import type { SchedulerSettings } from '../scheduler-settings.ts';
import type { Placement } from './decisions.ts';
import { placeRequests } from './placement.ts';

const NOW = 1_000_000;
const FOREVER = Number.POSITIVE_INFINITY;

const a = fakeLoadTarget('a');
const b = fakeLoadTarget('b');

function request(id: number, target: LoadTarget, since = NOW): WaitingRequest {
  return { id, target, since };
}

function instance(id: number, target: LoadTarget, more: Partial<Instance> = {}): Instance {
  const bytes = target.estimate(1).totalBytes;
  const weights = { useMmap: true, hugePages: false, reason: '' };
  const place = {
    slots: 1,
    gpuLayers: 0,
    expertLayersOnCpu: 0,
    pools: { [SYSTEM_POOL]: bytes },
    isWhole: true,
    mappedBytes: 0,
    weights,
  };
  return {
    id,
    target,
    place,
    pinned: false,
    state: 'ready',
    isGrown: false,
    leavingSince: undefined,
    active: new Set(),
    lines: new Set(),
    waiting: 0,
    promised: new Set(),
    keepAliveMs: 60_000,
    lastUsed: NOW,
    idleSince: NOW,
    ...more,
  };
}

function place(
  line: readonly WaitingRequest[],
  instances: readonly Instance[] = [],
  { freeBytes = 1000, ...settings }: Partial<SchedulerSettings> & { freeBytes?: number } = {},
): Placement {
  return placeRequests({
    line,
    instances,
    settings: schedulerSettings({ numParallel: 1, swapMaxWaitMs: 2000, ...settings }),
    circumstances: { now: NOW, freeMemory: () => ({ systemBytes: freeBytes, gpus: [] }) },
  });
}

describe('placeRequests', () => {
  it('decides nothing for an empty line', () => {
    expect(place([])).toMatchObject({ granted: [], promised: [], loads: [], rejected: [], dueAt: FOREVER });
  });

  it('grants a free slot of a loaded model', () => {
    const first = request(1, a);
    const { granted, waiting } = place([first], [instance(7, a)]);
    expect(granted).toEqual([{ request: first, instanceId: 7 }]);
    expect(waiting.size).toBe(0);
  });

  it('grants a slot once, and lets the next request wait for it', () => {
    const [first, second] = [request(1, a), request(2, a)];
    const { granted, waiting, joined } = place([first, second], [instance(7, a)]);
    expect(granted).toEqual([{ request: first, instanceId: 7 }]);
    expect(waiting.get(second)).toBe('slot');
    expect(joined.get(7)).toBe(1);
  });

  it('promises only as many slots of a running load as it has', () => {
    const loading = instance(7, a, { state: 'loading' });
    const { promised, waiting } = place([request(1, a), request(2, a)], [loading]);
    expect(promised).toEqual([{ requestId: 1, instanceId: 7 }]);
    expect([...waiting.values()]).toEqual(['load', 'load']);
  });

  it('keeps the promise to a request that others have overtaken in the line', () => {
    const loading = instance(7, a, { state: 'loading', promised: new Set([2]) });
    expect(place([request(1, a), request(2, a)], [loading]).promised).toEqual([]);
  });

  it('loads a model that is not loaded if there is room', () => {
    const first = request(1, a);
    const { loads, waiting } = place([first]);
    expect(loads).toMatchObject([{ target: a, request: first, place: { slots: 1 } }]);
    expect(waiting.get(first)).toBe('load');
  });

  it('loads a model once for a line of requests', () => {
    expect(
      place([request(1, a), request(2, a), request(3, b)]).loads.map(({ target }) => target.name),
    ).toEqual(['a', 'b']);
  });

  it('rejects a model that would not fit into the empty machine', () => {
    const { rejected, loads, leaving } = place([request(1, a)], [instance(7, b)], {
      memoryLimitBytes: a.estimate(1).totalBytes - 1,
    });
    expect(rejected).toMatchObject([{ request: { id: 1 } }]);
    expect(loads).toEqual([]);
    expect(leaving.size).toBe(0);
  });

  it('dismisses an idle model immediately for a request that finds no room', () => {
    const { leaving, waiting, dueAt } = place([request(1, a)], [instance(7, b)], { freeBytes: 0 });
    expect([...leaving]).toEqual([[7, NOW]]);
    expect([...waiting.values()]).toEqual(['memory']);
    expect(dueAt).toBe(FOREVER);
  });

  it('lets a busy model admit requests until the waiting one has waited for the swap', () => {
    const busy = instance(7, b, { active: new Set([9]) });
    const early = place([request(1, a, NOW - 500)], [busy], { freeBytes: 0 });
    expect([[...early.leaving], early.dueAt]).toEqual([[], NOW + 1500]);
    const late = place([request(1, a, NOW - 2000)], [busy], { freeBytes: 0 });
    expect([[...late.leaving], late.dueAt]).toEqual([[[7, NOW]], FOREVER]);
  });

  it('remembers when a model began to leave', () => {
    const leaving = instance(7, b, { active: new Set([9]), leavingSince: NOW - 700 });
    const decided = place([request(1, a, NOW - 5000)], [leaving], { freeBytes: 0 });
    expect([...decided.leaving]).toEqual([[7, NOW - 700]]);
  });

  it('lets a leaving model stay if its room is not needed any more', () => {
    const leaving = instance(7, b, { active: new Set([9]), leavingSince: NOW - 700 });
    expect(place([], [leaving]).leaving.size).toBe(0);
  });

  it('never dismisses a pinned model for another one', () => {
    const pinned = instance(7, b, { pinned: true });
    const { leaving, rejected } = place([request(1, a)], [pinned], { freeBytes: 0 });
    expect(leaving.size).toBe(0);
    expect(rejected).toHaveLength(1);
  });

  it('dismisses even a pinned model whose own request needs a longer context', () => {
    const longer = fakeLoadTarget('a', { load: { contextLength: 2 * a.load.contextLength } });
    const { leaving } = place([request(1, longer)], [instance(7, a, { pinned: true })]);
    expect([...leaving.keys()]).toEqual([7]);
  });

  it('starts no load for later requests once one finds no room, but serves requests for loaded models', () => {
    const busy = instance(7, b, { active: new Set([9]), place: { ...instance(7, b).place, slots: 2 } });
    const c = fakeLoadTarget('c');
    const { loads, granted } = place([request(1, a), request(2, c), request(3, b)], [busy], {
      freeBytes: 0,
      swapMaxWaitMs: 60_000,
    });
    expect(loads).toEqual([]);
    expect(granted).toMatchObject([{ request: { id: 3 }, instanceId: 7 }]);
  });

  it('changes neither the given instances nor the given line', () => {
    const line = [request(1, a), request(2, a), request(3, b), request(4, fakeLoadTarget('c'))];
    const instances = [
      instance(7, a, { state: 'loading', promised: new Set([2]) }),
      instance(8, b, { active: new Set([9]), waiting: 3, leavingSince: NOW - 1 }),
    ];
    const before = structuredClone(instances.map(({ target: _target, ...rest }) => rest));
    place(line, instances, { freeBytes: 0, swapMaxWaitMs: 0 });
    expect(instances.map(({ target: _target, ...rest }) => rest)).toEqual(before);
    expect(line).toHaveLength(4);
  });
});
