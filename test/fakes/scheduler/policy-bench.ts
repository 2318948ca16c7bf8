import type { GpuDevice } from '../../../src/gpus/gpu-device.ts';
import type { SchedulerAction, SchedulerEvent } from '../../../src/scheduler/events.ts';
import type { WaitingRequest } from '../../../src/scheduler/instance.ts';
import type { LoadTarget } from '../../../src/scheduler/load-target.ts';
import { chargedBytes, SYSTEM_POOL } from '../../../src/scheduler/memory/memory-pools.ts';
import type { HugePages } from '../../../src/scheduler/placement/weights-plan.ts';
import { SchedulingPolicy } from '../../../src/scheduler/policy.ts';
import type { SchedulerSettings } from '../../../src/scheduler/scheduler-settings.ts';
import { schedulerSettings } from './scheduler-settings.ts';

type Asker = Pick<WaitingRequest, 'client' | 'priority' | 'again'>;

/** Sends events to the policy; loads and stops finish when the test says so. */
export class PolicyBench {
  readonly policy: SchedulingPolicy;
  readonly total: number;
  now = 1_000_000;
  readonly granted = new Map<number, number>();
  readonly rejected = new Map<number, unknown>();
  readonly log: string[] = [];
  readonly #models = new Map<number, LoadTarget>();
  #nextRequest = 1;

  readonly #gpus: readonly GpuDevice[];
  /** May change while the test runs. */
  hugePages: HugePages | undefined;

  constructor(settings: Partial<SchedulerSettings> = {}, total = 100, gpus: readonly GpuDevice[] = []) {
    this.total = total;
    this.#gpus = gpus;
    this.policy = new SchedulingPolicy(schedulerSettings(settings));
  }

  send(event: SchedulerEvent): SchedulerAction[] {
    const loaded = event.type === 'loaded' ? event.instanceId : 0;
    const gone = event.type === 'gone' ? event.instanceId : 0;
    const settled = this.policy.instances.filter(
      ({ id, state }) => (state !== 'loading' || id === loaded) && id !== gone,
    );
    const used = (pool: string) =>
      settled.reduce((sum, { place }) => sum + (chargedBytes(place.pools, this.#gpus)[pool] ?? 0), 0);
    const mapped = settled.reduce((sum, { place }) => sum + place.mappedBytes, 0);
    const freeMemory = () => ({
      systemBytes: this.total - used(SYSTEM_POOL) + mapped,
      gpus: this.#gpus.map((gpu) => ({ ...gpu, freeBytes: gpu.freeBytes - used(gpu.id) })),
      ...(this.hugePages && { hugePages: this.hugePages }),
    });
    const actions = this.policy.handle(event, { now: this.now, freeMemory });
    for (const action of actions) this.#note(action);
    return actions;
  }

  ask(target: LoadTarget, keepAliveMs?: number, who: Asker = {}): number {
    const id = this.#nextRequest++;
    this.now += 1;
    this.send({ type: 'acquire', request: { id, target, keepAliveMs, since: this.now, ...who } });
    return id;
  }

  release(requestId: number): void {
    this.send({ type: 'release', requestId });
  }

  loaded(name: string): void {
    this.send({ type: 'loaded', instanceId: this.instance(name, 'loading').id });
  }

  gone(name: string): void {
    this.send({ type: 'gone', instanceId: this.instance(name).id });
  }

  /** Finishes everything in progress for a model: its load, its stop, and every request it serves. */
  settle(name: string): void {
    const { state, id: instanceId, active } = this.instance(name);
    if (state === 'loading') this.send({ type: 'loaded', instanceId });
    if (state === 'stopping') this.send({ type: 'gone', instanceId });
    for (const requestId of [...active]) this.release(requestId);
  }

  /** A request that loads the model, runs and ends. */
  runOnce(target: LoadTarget, keepAliveMs?: number): void {
    const id = this.ask(target, keepAliveMs);
    if (!this.granted.has(id)) this.loaded(target.name);
    this.release(id);
  }

  wait(milliseconds: number): void {
    this.now += milliseconds;
    this.send({ type: 'tick' });
  }

  instance(name: string, state?: string) {
    const found = this.policy.instances.find(
      (instance) => instance.target.name === name && (state === undefined || instance.state === state),
    );
    if (!found) throw new Error(`no instance of ${name} ${state ?? ''}: ${this.log.join(', ')}`);
    return found;
  }

  #note(action: SchedulerAction): void {
    if (action.type === 'load') this.#models.set(action.instanceId, action.target);
    if (action.type === 'grant') this.granted.set(action.requestId, action.instanceId);
    if (action.type === 'reject') this.rejected.set(action.requestId, action.error);
    const name = 'instanceId' in action ? this.#models.get(action.instanceId)?.name : '';
    if (action.type === 'load' || action.type === 'stop') this.log.push(`${action.type} ${name}`);
  }
}
