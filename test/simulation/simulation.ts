/** Plays one scenario against the scheduling policy, in simulated time, and checks the invariants. */
import type { SchedulerAction, SchedulerEvent } from '../../src/scheduler/events.ts';
import type { Instance } from '../../src/scheduler/instance.ts';
import type { LoadTarget } from '../../src/scheduler/load-target.ts';
import { chargedBytes, type FreeMemory, SYSTEM_POOL } from '../../src/scheduler/memory/memory-pools.ts';
import type { Place } from '../../src/scheduler/placement/place.ts';
import { SchedulingPolicy } from '../../src/scheduler/policy.ts';
import { EventQueue } from './event-queue.ts';
import { Invariants } from './invariants.ts';
import { MAX_LOAD_MS, MAX_READ_MS, type Scenario, type SimulatedRequest } from './scenario.ts';

/** Something that happened to a request or a runner, for a timeline. */
export interface SimulatedMoment {
  readonly at: number;
  readonly what: 'arrive' | 'grant' | 'end' | 'reject' | 'leave' | 'load' | 'ready' | 'stop' | 'gone';
  readonly name: string;
  readonly id: number;
}

/** IDs increase in the order of arrival: one that asks again comes between two of the scenario's whole numbers. */
const ID_STEP = 1 / 1024;
/** Far more than any scenario needs; detects an endless loop. */
const MAX_EVENTS = 20_000;

export class Simulation {
  readonly moments: SimulatedMoment[] = [];
  readonly #scenario: Scenario;
  readonly #policy: SchedulingPolicy;
  readonly #events = new EventQueue();
  readonly #invariants: Invariants;
  readonly #requests = new Map<number, SimulatedRequest>();
  /** Requests that hold a lease, and the instance it is on. */
  readonly #running = new Map<number, number>();
  readonly #names = new Map<number, { readonly name: string; readonly key: string }>();
  /** What the driver last reported about the GPUs. */
  #gpus: FreeMemory['gpus'];
  /** What requests for a longer context had before, by ID. */
  readonly #shorter = new Map<number, LoadTarget>();
  #lastId = 0;
  #tickAt = Number.POSITIVE_INFINITY;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#policy = new SchedulingPolicy(scenario.settings);
    this.#invariants = new Invariants(scenario, this.#policy);
    this.#gpus = scenario.gpus;
    for (const request of scenario.requests) {
      this.#requests.set(request.id, request);
      this.#events.add(request.arrivesAt, () => this.#arrive(request));
    }
    for (const { at, key } of scenario.unloads) {
      this.#events.add(at, () => {
        this.#invariants.unloaded(key);
        this.#send({ type: 'unload', key });
      });
    }
  }

  /** @throws Error naming the invariant, the time and the seed */
  run(): void {
    for (let count = 0; this.#events.runNext(); count += 1) {
      if (count > MAX_EVENTS) this.#invariants.fail('the schedule never ends');
    }
    this.#invariants.atEnd();
  }

  #arrive(request: SimulatedRequest): void {
    const { id, target, client, priority, keepAliveMs, leavesAt, again } = request;
    this.#note('arrive', target.name, id);
    this.#lastId = id;
    this.#invariants.arrived(request);
    if (leavesAt !== undefined) this.#events.add(leavesAt, () => this.#leave(request));
    const since = this.#events.now;
    this.#send({ type: 'acquire', request: { id, target, client, priority, keepAliveMs, since, again } });
  }

  /** Asks for a longer context, or for the same as before once that was refused. */
  #askAgain({ growsTo: _, ...before }: SimulatedRequest, target: LoadTarget): void {
    const again = before.again === undefined ? 'longer' : 'same';
    const request = {
      ...before,
      id: this.#lastId + ID_STEP,
      target,
      again,
      arrivesAt: this.#events.now,
    } as const;
    this.#requests.set(request.id, request);
    if (again === 'longer') this.#shorter.set(request.id, before.target);
    this.#arrive(request);
  }

  #leave({ id, target }: SimulatedRequest): void {
    if (!this.#invariants.isOpen(id)) return;
    this.#note('leave', target.name, id);
    this.#invariants.ended(id, 'left');
    if (this.#running.delete(id)) this.#send({ type: 'release', requestId: id });
    else this.#send({ type: 'leave', requestId: id });
  }

  #send(event: SchedulerEvent): void {
    this.#invariants.before(this.#events.now);
    const circumstances = { now: this.#events.now, freeMemory: () => this.#freeMemory() };
    const actions = this.#policy.handle(event, circumstances);
    for (const action of actions) this.#perform(action);
    this.#invariants.after(this.#events.now, actions);
    this.#setTick();
  }

  #perform(action: SchedulerAction): void {
    if (action.type === 'load') this.#load(action);
    if (action.type === 'stop') this.#stop(action.instanceId);
    if (action.type === 'grant') this.#grant(action.requestId, action.instanceId);
    if (action.type === 'reject') {
      this.#note('reject', this.#requests.get(action.requestId)?.target.name ?? '', action.requestId);
      this.#invariants.ended(action.requestId, 'rejected');
      this.#return(action.requestId);
    }
  }

  /** A request that got no longer context continues with the one that it had. */
  #return(id: number): void {
    const refused = this.#requests.get(id);
    const shorter = this.#shorter.get(id);
    if (!refused || !shorter) return;
    if (refused.leavesAt !== undefined && refused.leavesAt <= this.#events.now) return;
    this.#events.add(this.#events.now, () => this.#askAgain(refused, shorter));
  }

  #load({ instanceId, target }: SchedulerAction & { type: 'load' }): void {
    const { random, models } = this.#scenario;
    const model = models.get(target.key);
    this.#names.set(instanceId, target);
    this.#note('load', target.name, instanceId);
    this.#events.add(this.#events.now + (model?.loadsFor ?? MAX_LOAD_MS), () => {
      if (this.#instance(instanceId)?.state !== 'loading') return;
      const isCrash = random() < (model?.kill ?? 0);
      if (isCrash || random() < (model?.failure ?? 0)) {
        this.#note('gone', target.name, instanceId);
        this.#send({ type: 'load-failed', instanceId, error: new Error('broken'), isCrash });
        return;
      }
      this.#note('ready', target.name, instanceId);
      this.#send({ type: 'loaded', instanceId });
      if (random() < (model?.crash ?? 0))
        this.#events.add(this.#events.now + 1000 * random(), () => this.#end(instanceId));
    });
  }

  #stop(instanceId: number): void {
    const { name = '', key = '' } = this.#names.get(instanceId) ?? {};
    this.#note('stop', name, instanceId);
    const stopsFor = this.#scenario.models.get(key)?.stopsFor ?? 0;
    this.#events.add(this.#events.now + stopsFor, () => this.#end(instanceId));
  }

  /** The process exits, and the requests running on it fail. */
  #end(instanceId: number): void {
    if (!this.#instance(instanceId)) return;
    this.#note('gone', this.#names.get(instanceId)?.name ?? '', instanceId);
    this.#send({ type: 'ending', instanceId });
    this.#send({ type: 'gone', instanceId });
    for (const [id, instance] of [...this.#running]) {
      if (instance !== instanceId) continue;
      this.#running.delete(id);
      this.#invariants.ended(id, 'failed');
      this.#send({ type: 'release', requestId: id });
    }
    // The driver reports the freed memory only after a while.
    this.#events.add(this.#events.now + 200, () => {
      this.#gpus = this.#actualGpus();
      this.#send({ type: 'tick' });
    });
  }

  #grant(requestId: number, instanceId: number): void {
    const request = this.#requests.get(requestId);
    if (!request) return;
    this.#note('grant', request.target.name, requestId);
    this.#invariants.granted(request);
    this.#running.set(requestId, instanceId);
    const { growsTo } = request;
    const runsFor = growsTo ? Math.min(MAX_READ_MS, request.runsFor) : request.runsFor;
    this.#events.add(this.#events.now + runsFor, () => {
      if (!this.#running.delete(requestId)) return;
      this.#note('end', request.target.name, requestId);
      this.#invariants.ended(requestId, 'served');
      this.#send({ type: 'release', requestId });
      if (growsTo) this.#askAgain(request, growsTo);
    });
  }

  #setTick(): void {
    const due = this.#policy.nextTick;
    if (due === Number.POSITIVE_INFINITY || due === this.#tickAt) return;
    this.#tickAt = Math.max(due, this.#events.now);
    const at = this.#tickAt;
    this.#events.add(at, () => {
      if (this.#tickAt !== at) return;
      this.#tickAt = Number.POSITIVE_INFINITY;
      this.#send({ type: 'tick' });
    });
  }

  #instance(id: number): Instance | undefined {
    return this.#policy.instances.find((instance) => instance.id === id);
  }

  /** Bytes used in a pool; a load in progress has allocated half of its memory. */
  #used(pool: string): number {
    const bytes = ({ pools }: Place) => chargedBytes(pools, this.#scenario.gpus)[pool] ?? 0;
    return this.#policy.instances.reduce(
      (sum, { state, place }) => sum + bytes(place) * (state === 'loading' ? 0.5 : 1),
      0,
    );
  }

  #freeMemory(): FreeMemory {
    const mapped = this.#policy.instances.reduce(
      (sum, { state, place }) => sum + place.mappedBytes * (state === 'loading' ? 0.5 : 1),
      0,
    );
    return {
      systemBytes: this.#scenario.systemBytes - this.#used(SYSTEM_POOL) + mapped,
      gpus: this.#gpus,
      hugePages: 'available',
    };
  }

  #actualGpus(): FreeMemory['gpus'] {
    return this.#scenario.gpus.map((gpu) => ({ ...gpu, freeBytes: gpu.totalBytes - this.#used(gpu.id) }));
  }

  #note(what: SimulatedMoment['what'], name: string, id: number): void {
    this.moments.push({ at: this.#events.now, what, name, id });
  }
}
