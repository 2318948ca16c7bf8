import { performance } from 'node:perf_hooks';
import type { SchedulerAction, SchedulerEvent } from '../../src/scheduler/events.ts';
import { SchedulingPolicy } from '../../src/scheduler/policy.ts';
import { fakeLoadTarget } from '../fakes/scheduler/fake-load-target.ts';
import { schedulerSettings } from '../fakes/scheduler/scheduler-settings.ts';

const SLOTS = 4;
const REQUESTS = 1000;
const CLIENTS = 20;
/** Number of cold models in addition to the loaded one. */
const COLD_MODELS = 10;

/**
 * Microseconds from the arrival of a request to the release of its lease, while this many other requests wait, half of
 * them for cold models.
 */
export function policyCost(waiting: number): number {
  const policy = new SchedulingPolicy(
    schedulerSettings({
      numParallel: SLOTS,
      maxLoadedModels: 1,
      maxQueue: 2 * waiting + REQUESTS,
      swapMaxWaitMs: 1e9,
    }),
  );
  const circumstances = { now: 1, freeMemory: () => ({ systemBytes: 1e9, gpus: [] }) };
  const running: number[] = [];
  const send = (event: SchedulerEvent) => {
    const actions: SchedulerAction[] = policy.handle(event, circumstances);
    for (const action of actions) if (action.type === 'grant') running.push(action.requestId);
  };
  let id = 0;
  const ask = (name: string) => {
    id += 1;
    const client = `client ${id % CLIENTS}`;
    send({ type: 'acquire', request: { id, target: fakeLoadTarget(name), since: 1, client } });
  };
  ask('loaded');
  send({ type: 'loaded', instanceId: 1 });
  for (let index = 0; index < SLOTS + waiting - 1; index += 1) {
    ask(index >= SLOTS && index % 2 === 0 ? `cold ${index % COLD_MODELS}` : 'loaded');
  }
  const start = performance.now();
  for (let index = 0; index < REQUESTS; index += 1) {
    ask('loaded');
    const requestId = running.shift();
    if (requestId !== undefined) send({ type: 'release', requestId });
  }
  return ((performance.now() - start) * 1000) / REQUESTS;
}
