/** The invariants of every schedule. */
import type { SchedulerAction } from '../../src/scheduler/events.ts';
import { hasFreeSlot, type Instance, isIdle } from '../../src/scheduler/instance.ts';
import { chargedBytes, SYSTEM_POOL } from '../../src/scheduler/memory/memory-pools.ts';
import { AGEING_MS } from '../../src/scheduler/placement/line-order.ts';
import type { SchedulingPolicy } from '../../src/scheduler/policy.ts';
import {
  clients,
  MAX_LOAD_MS,
  MAX_RUN_MS,
  MAX_STOP_MS,
  type Scenario,
  type SimulatedRequest,
} from './scenario.ts';

type Ending = 'served' | 'failed' | 'left' | 'rejected';

interface Record {
  readonly request: SimulatedRequest;
  /** Number of requests that may go before this one. */
  readonly ahead: number;
  isGranted: boolean;
  ending?: Ending;
}

/** Tolerance for rounding errors in sums of halves, as a part of the sum. */
const ROUNDING = 1e-9;

export class Invariants {
  readonly #scenario: Scenario;
  readonly #policy: SchedulingPolicy;
  readonly #records = new Map<number, Record>();
  readonly #unloaded = new Set<string>();
  /** The state before the event. */
  #idle = new Set<number>();
  #pinned = new Set<number>();
  #now = 0;

  constructor(scenario: Scenario, policy: SchedulingPolicy) {
    this.#scenario = scenario;
    this.#policy = policy;
  }

  fail(what: string): never {
    throw new Error(`seed ${this.#scenario.seed}, ${this.#now} ms: ${what}`);
  }

  isOpen(id: number): boolean {
    return this.#records.get(id)?.ending === undefined;
  }

  arrived(request: SimulatedRequest): void {
    const open = [...this.#records.values()].filter(({ ending }) => ending === undefined);
    const own = open.filter(({ request: other }) => other.client === request.client).length;
    const later = this.#scenario.requests.filter(
      ({ priority, arrivesAt }) => priority > request.priority && arrivesAt >= request.arrivesAt,
    );
    const ahead = open.length + clients.length * (own + 1) + later.length;
    this.#records.set(request.id, { request, ahead, isGranted: false });
  }

  unloaded(key: string): void {
    this.#unloaded.add(key);
  }

  granted(request: SimulatedRequest): void {
    const record = this.#records.get(request.id);
    if (!record || record.isGranted || record.ending) this.fail(`request ${request.id} was granted twice`);
    record.isGranted = true;
    for (const { request: other, isGranted, ending } of this.#records.values()) {
      const isSameLine =
        other.client === request.client &&
        other.priority === request.priority &&
        other.target.key === request.target.key;
      if (
        isSameLine &&
        other.id < request.id &&
        !isGranted &&
        !ending &&
        // It was served before them, and they need not wait for what it asks in addition.
        other.again !== 'longer' &&
        request.again !== 'longer' &&
        !this.#comesTogether(other, request)
      ) {
        this.fail(`request ${request.id} overtook ${other.id} of the same client and model`);
      }
    }
    this.#checkWait(record);
  }

  ended(id: number, ending: Ending): void {
    const record = this.#records.get(id);
    if (!record) this.fail(`request ${id} ended before it arrived`);
    if (record.ending) this.fail(`request ${id} ended twice: ${record.ending}, ${ending}`);
    record.ending = ending;
    if (ending === 'rejected' && record.isGranted)
      this.fail(`request ${id} was rejected while it was running`);
  }

  before(now: number): void {
    this.#now = now;
    this.#idle = idsOf(this.#policy.instances.filter(isIdle));
    this.#pinned = idsOf(this.#policy.instances.filter(({ pinned }) => pinned));
  }

  after(now: number, actions: readonly SchedulerAction[]): void {
    this.#now = now;
    this.#checkMemory();
    this.#checkInstances();
    this.#checkWork();
    this.#checkGrowth(actions);
    for (const action of actions) if (action.type === 'stop') this.#checkStop(action.instanceId);
  }

  /** Called when no more events will come. */
  atEnd(): void {
    for (const { request, ending } of this.#records.values()) {
      if (!ending) this.fail(`request ${request.id} never ended`);
    }
    if (this.#policy.waiting.length > 0) this.fail('requests are still waiting');
    const leftOver = this.#policy.instances.find(({ state }) => state !== 'ready');
    if (leftOver) this.fail(`${leftOver.target.name} is still ${leftOver.state}`);
  }

  /** Whether both requests were granted by the same event. */
  #comesTogether(other: SimulatedRequest, request: SimulatedRequest): boolean {
    return this.#policy.instances.some(({ active }) => active.has(other.id) && active.has(request.id));
  }

  #checkWait({ request, ahead }: Record): void {
    const { swapMaxWaitMs } = this.#scenario.settings;
    const cycle = MAX_RUN_MS + MAX_LOAD_MS + MAX_STOP_MS + swapMaxWaitMs;
    const levels = Math.max(0, 1 - request.priority);
    const bound = levels * AGEING_MS + (ahead + 1) * cycle;
    if (this.#now - request.arrivesAt > bound) {
      this.fail(`request ${request.id} waited ${this.#now - request.arrivesAt} ms, more than ${bound}`);
    }
  }

  #checkMemory(): void {
    const { systemBytes, gpus, settings } = this.#scenario;
    const limits = [
      { pool: SYSTEM_POOL, bytes: Math.min(systemBytes, settings.memoryLimitBytes) },
      ...gpus.map(({ id, totalBytes }) => ({ pool: id, bytes: totalBytes - settings.gpuOverheadBytes })),
    ];
    for (const { pool, bytes } of limits) {
      const used = this.#policy.instances.reduce(
        (sum, { place }) => sum + (chargedBytes(place.pools, this.#scenario.gpus)[pool] ?? 0),
        0,
      );
      if (used > bytes * (1 + ROUNDING) && used > 0)
        this.fail(`models use ${used} bytes of ${pool}, which has ${bytes}`);
    }
  }

  #checkInstances(): void {
    const { instances } = this.#policy;
    const { maxLoadedModels } = this.#scenario.settings;
    for (const instance of instances) this.#checkTwin(instance);
    if (maxLoadedModels > 0 && instances.length > maxLoadedModels) this.fail('too many models are loaded');
    for (const { active, place, target } of instances) {
      if (active.size > place.slots) this.fail(`${target.name} has more requests than slots`);
    }
  }

  /** Checks that a model is loaded twice only while a longer context replaces a shorter one. */
  #checkTwin(instance: Instance): void {
    const newer = this.#newerThan(instance);
    if (newer.some(({ isGrown }) => !isGrown)) this.fail(`${instance.target.name} is loaded twice`);
    const isInUse = instance.active.size > 0 || instance.state === 'stopping';
    if (!isInUse && newer.some(({ state }) => state === 'ready'))
      this.fail(`${instance.target.name} stays loaded beside a newer instance`);
  }

  #newerThan({ id, target }: Instance): readonly Instance[] {
    return this.#policy.instances.filter((other) => other.id > id && other.target.key === target.key);
  }

  /** Checks that requests for a longer context end no running request, and how long they keep others waiting. */
  #checkGrowth(actions: readonly SchedulerAction[]): void {
    const waiting = this.#policy.waiting.filter(({ reason }) => reason === 'memory');
    if (waiting.some(({ request }) => request.again !== 'longer')) return;
    const growing = new Set(waiting.map(({ request }) => request.target.key));
    const { swapMaxWaitMs } = this.#scenario.settings;
    for (const { leavingSince, active, target, state } of this.#policy.instances) {
      if (leavingSince === undefined || active.size === 0 || state !== 'ready') continue;
      if (!growing.has(target.key)) this.fail(`${target.name} in use leaves for a longer context of another`);
      if (this.#now - leavingSince > swapMaxWaitMs)
        this.fail(`${target.name} has refused requests for ${this.#now - leavingSince} ms to get longer`);
    }
    if (actions.some((action) => action.type === 'stop' && action.reason === 'drained'))
      this.fail('requests were ended for a longer context');
  }

  /** Checks that no request waits for something that is free. */
  #checkWork(): void {
    for (const { request, reason } of this.#policy.waiting) {
      const own = this.#policy.instances.filter(({ target }) => target.key === request.target.key);
      // A load that only a request for a longer context waits for is stopped, and its end is what happens next.
      const awaited = request.again === 'longer' ? ['loading', 'stopping'] : ['loading'];
      if (reason === 'load' && !own.some(({ state }) => awaited.includes(state)))
        this.fail(`request ${request.id} waits for a load, but its model is not loading`);
      // A request waits at the newest instance, or at the one before while the newest is loading.
      const current = own.filter((instance) =>
        this.#newerThan(instance).every(({ state }) => state !== 'ready'),
      );
      if (reason === 'slot' && current.every((instance) => hasFreeSlot(instance, request.target))) {
        this.fail(`request ${request.id} waits although a slot is free`);
      }
    }
  }

  #checkStop(id: number): void {
    const instance = this.#policy.instances.find((candidate) => candidate.id === id);
    if (!instance || this.#unloaded.has(instance.target.key)) return;
    if (this.#newerThan(instance).some(({ state }) => state === 'ready')) return;
    if (this.#pinned.has(id) && !this.#isOutdated(id)) this.fail('a pinned model was stopped');
    if (!this.#idle.has(id)) return;
    const hasExpired = instance.idleSince + instance.keepAliveMs <= this.#now;
    const isNeeded = this.#policy.waiting.some(({ reason }) => reason === 'memory');
    if (!hasExpired && !isNeeded)
      this.fail(`${instance.target.name} was stopped, but no request needs its room`);
  }

  /** Whether a waiting request needs the model with other options. */
  #isOutdated(id: number): boolean {
    const key = this.#policy.instances.find((instance) => instance.id === id)?.target.key;
    return this.#policy.waiting.some(({ request }) => request.target.key === key);
  }
}

function idsOf(instances: readonly Instance[]): Set<number> {
  return new Set(instances.map(({ id }) => id));
}
