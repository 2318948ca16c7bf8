/**
 * Decides who may use which runner, and what to load and stop for it: events in, actions out. It has no promises and no
 * timers. Its only caller, the driver in `scheduler.ts`, passes it one event after another.
 */
import { OllamaError } from '../base/errors.ts';
import type { Circumstances, SchedulerAction, SchedulerEvent, WaitReason } from './events.ts';
import {
  admits,
  expiryOf,
  type Instance,
  isUnused,
  type OwnInstance,
  serves,
  type WaitingRequest,
} from './instance.ts';
import type { LoadTarget } from './load-target.ts';
import type { Placement } from './placement/decisions.ts';
import { hasRoomToGrow } from './placement/growth.ts';
import { LineOrder } from './placement/line-order.ts';
import { placeRequests } from './placement/placement.ts';
import type { SchedulerSettings } from './scheduler-settings.ts';

const busyMessage = 'server busy, please try again.  maximum pending requests exceeded';

/** Maximum number of load attempts when the process is killed each time. Then the waiting requests fail. */
const MAX_LOAD_ATTEMPTS = 3;

/** ID of a request that is only imagined. Real ones begin with 1. */
const PROBE_REQUEST = 0;

/**
 * How long a model is not asked again for a longer context after its load failed, nor to end its requests for one after
 * they took too long. Each attempt costs others a wait.
 */
const GROWTH_PAUSE_MS = 30_000;

type StopReason = Extract<SchedulerAction, { type: 'stop' }>['reason'];

export class SchedulingPolicy {
  readonly #settings: SchedulerSettings;
  readonly #instances = new Map<number, OwnInstance>();
  readonly #order = new LineOrder();
  /** Requests without a lease, in order of arrival. */
  #queue: WaitingRequest[] = [];
  /** The same requests in order of service, with what each one waits for. */
  #reasons: ReadonlyMap<WaitingRequest, WaitReason> = new Map();
  /** Number of consecutive loads whose process was killed, by model key. */
  readonly #crashes = new Map<string, number>();
  /** When each model may be loaded with a longer context again after such a load failed, by key. */
  readonly #ungrowableUntil = new Map<string, number>();
  /** When each model may stop admitting requests for the sake of a longer context again, by key. */
  readonly #undrainedUntil = new Map<string, number>();
  #actions: SchedulerAction[] = [];
  #placementDueAt = Number.POSITIVE_INFINITY;
  #nextInstanceId = 1;
  #isWindingDown = false;

  constructor(settings: SchedulerSettings) {
    this.#settings = settings;
  }

  get instances(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  /** Whether a model is loaded or being loaded. */
  knows(key: string): boolean {
    return this.instances.some(({ target }) => target.key === key);
  }

  /** Whether a model could be loaded with this target although other models are in use, as far as can be known now. */
  hasRoomToGrow(target: LoadTarget, circumstances: Circumstances): boolean {
    if (circumstances.now < (this.#ungrowableUntil.get(target.key) ?? circumstances.now)) return false;
    return hasRoomToGrow(target, { instances: this.instances, settings: this.#settings, circumstances });
  }

  /**
   * The models that would be unloaded if this one were asked for now, as far as can be known; its own name is among them
   * if it would be loaded again.
   * @returns undefined if there is no room for it even without them
   */
  victimsOf(target: LoadTarget, circumstances: Circumstances): string[] | undefined {
    const request: WaitingRequest = { id: PROBE_REQUEST, target, since: circumstances.now };
    const { instances } = this;
    const placed = placeRequests({ line: [request], instances, settings: this.#settings, circumstances });
    const loads = placed.loads.length > 0 || placed.granted.length > 0 || placed.victims.length > 0;
    const isServed = placed.waiting.get(request) === 'slot' || placed.waiting.get(request) === 'load';
    if (placed.rejected.length > 0 || !(loads || isServed)) return undefined;
    const names = instances
      .filter(({ id }) => placed.victims.includes(id))
      .map(({ target: { name } }) => name);
    return [...new Set(names)];
  }

  /** Requests without a lease, in order of service, with what each one waits for. */
  get waiting(): { request: WaitingRequest; reason: WaitReason }[] {
    return [...this.#reasons].map(([request, reason]) => ({ request, reason }));
  }

  /** When the next `tick` is due, in milliseconds of the clock; Infinity = never. */
  get nextTick(): number {
    let due = this.#placementDueAt;
    for (const instance of this.#instances.values()) {
      if (instance.state !== 'ready') continue;
      if (isUnused(instance) && !instance.pinned) due = Math.min(due, expiryOf(instance));
      if (instance.leavingSince !== undefined) {
        due = Math.min(due, instance.leavingSince + this.#settings.drainTimeoutMs);
      }
    }
    return due;
  }

  handle(event: SchedulerEvent, circumstances: Circumstances): SchedulerAction[] {
    this.#actions = [];
    const { now } = circumstances;
    this.#apply(event, now);
    const isOver = (instance: Instance) => isUnused(instance) && this.#hasExpired(instance, now);
    // Expired instances are stopped before placement, because their memory becomes free.
    this.#countWaiting();
    this.#stopWhere(isOver, 'unused');
    this.#place(circumstances);
    const isLeft = (instance: Instance) => instance.leavingSince !== undefined || this.#isReplaced(instance);
    this.#stopWhere((instance) => isUnused(instance) && isLeft(instance), 'unused');
    this.#stopWhere(isOver, 'unused');
    this.#stopWhere((instance) => this.#hasDrained(instance, now), 'drained');
    return this.#actions;
  }

  #apply(event: SchedulerEvent, now: number): void {
    if (event.type === 'acquire') this.#enqueue(event.request, now);
    if (event.type === 'leave') this.#forget(event.requestId);
    if (event.type === 'release') this.#release(event.requestId, now);
    if (event.type === 'loaded') this.#becomeReady(event.instanceId, now);
    if (event.type === 'load-failed') this.#failLoad(event, now);
    if (event.type === 'ending') this.#end(event.instanceId);
    // Requests that had not started are still in the queue, so a crash costs only the running ones.
    if (event.type === 'gone') this.#instances.delete(event.instanceId);
    if (event.type === 'unload') this.#expire(event.key, now);
    if (event.type === 'wind-down' || event.type === 'close') this.#isWindingDown = true;
    if (event.type === 'close') this.#stopWhere(() => true, 'closing');
    if (this.#isWindingDown) this.#refuseLoads();
  }

  #enqueue(request: WaitingRequest, now: number): void {
    const { target, again } = request;
    const isFull = this.#queue.length >= this.#settings.maxQueue;
    if (again === 'longer' && now < (this.#ungrowableUntil.get(target.key) ?? now)) {
      this.#reject(
        request,
        new OllamaError('busy', `${target.name} could not be loaded with a longer context`),
      );
    } else if (again === undefined && isFull && !this.#hasFreeSlot(request)) {
      this.#crowdOut(request);
    } else {
      this.#queue.push(again === 'longer' ? this.#withKeepAlive(request) : request);
    }
  }

  /** A longer context stays as long as the shorter one would have. */
  #withKeepAlive(request: WaitingRequest): WaitingRequest {
    const keepAliveMs = request.keepAliveMs ?? this.#newestOf(request.target.key)?.keepAliveMs;
    return { ...request, keepAliveMs };
  }

  #newestOf(key: string): Instance | undefined {
    return this.instances.findLast(({ target }) => target.key === key);
  }

  /** With a full queue, the client with the most waiting requests loses its newest one. */
  #crowdOut(request: WaitingRequest): void {
    const greediest = greediestClient([...this.#queue, request]);
    const victim =
      greediest === request.client
        ? undefined
        : this.#queue.findLast((waiting) => waiting.client === greediest);
    this.#reject(victim ?? request, new OllamaError('busy', busyMessage));
    if (!victim) return;
    this.#forget(victim.id);
    this.#queue.push(request);
  }

  #hasFreeSlot({ target }: WaitingRequest): boolean {
    const instance = this.#newestOf(target.key);
    if (!instance || !admits(instance, target) || instance.state !== 'ready') return false;
    return instance.active.size + instance.waiting < instance.place.slots;
  }

  #forget(requestId: number): void {
    this.#queue = this.#queue.filter(({ id }) => id !== requestId);
    for (const instance of this.#instances.values()) instance.promised.delete(requestId);
  }

  #release(requestId: number, now: number): void {
    for (const instance of this.#instances.values()) {
      if (instance.active.delete(requestId)) instance.idleSince = now;
      instance.lines.delete(requestId);
    }
  }

  #becomeReady(instanceId: number, now: number): void {
    const instance = this.#instances.get(instanceId);
    if (instance?.state !== 'loading') return;
    instance.state = 'ready';
    instance.idleSince = now;
    this.#crashes.delete(instance.target.key);
  }

  #failLoad(event: SchedulerEvent & { type: 'load-failed' }, now: number): void {
    const { instanceId, error, isCrash = false } = event;
    const instance = this.#instances.get(instanceId);
    this.#instances.delete(instanceId);
    // The failure of an abandoned load does not concern the requests that need the model now.
    if (instance?.state !== 'loading') return;
    const { isGrown, target: failed } = instance;
    // The same memory would be missing again, and the requests have a shorter context to return to.
    if (isGrown) this.#ungrowableUntil.set(failed.key, now + GROWTH_PAUSE_MS);
    else if (isCrash && this.#mayTryAgain(failed.key)) return;
    this.#crashes.delete(failed.key);
    const concerned = this.#queue.filter(
      ({ target, again }) => serves(instance, target) && (!isGrown || again === 'longer'),
    );
    this.#queue = this.#queue.filter((request) => !concerned.includes(request));
    for (const request of concerned) this.#reject(request, error);
  }

  /** A runner killed while loading has not affected any request yet, so all of them wait for the next attempt. */
  #mayTryAgain(key: string): boolean {
    const crashes = (this.#crashes.get(key) ?? 0) + 1;
    this.#crashes.set(key, crashes);
    return crashes < MAX_LOAD_ATTEMPTS;
  }

  #end(instanceId: number): void {
    const instance = this.#instances.get(instanceId);
    if (instance) instance.state = 'stopping';
  }

  #expire(key: string, now: number): void {
    for (const instance of this.#instances.values()) {
      if (instance.target.key !== key) continue;
      instance.pinned = false;
      instance.keepAliveMs = 0;
      instance.idleSince = now;
    }
  }

  /** Refuses the requests for which a model would have to be loaded. Their clients had better ask another server at once. */
  #refuseLoads(): void {
    const isServed = ({ target }: WaitingRequest) => {
      const instance = this.#newestOf(target.key);
      return instance !== undefined && instance.state !== 'stopping' && serves(instance, target);
    };
    for (const request of this.#queue)
      if (!isServed(request)) this.#reject(request, new OllamaError('busy', 'server is shutting down'));
    this.#queue = this.#queue.filter(isServed);
  }

  /** Counts the requests that each instance could serve, before anything is decided. */
  #countWaiting(): void {
    for (const instance of this.#instances.values()) {
      instance.waiting = this.#queue.filter(({ target }) => serves(instance, target)).length;
    }
  }

  #hasExpired(instance: Instance, now: number): boolean {
    if (instance.pinned) return false;
    return instance.state === 'loading' || expiryOf(instance) <= now;
  }

  /** Whether a newer instance of its model, with a longer context, takes all requests. Its running ones end on it. */
  #isReplaced({ id, target }: Instance): boolean {
    return this.instances.some(
      (other) => other.id > id && other.target.key === target.key && other.state === 'ready',
    );
  }

  #hasDrained({ state, leavingSince }: Instance, now: number): boolean {
    if (state !== 'ready' || leavingSince === undefined) return false;
    return now - leavingSince >= this.#settings.drainTimeoutMs;
  }

  #place(circumstances: Circumstances): void {
    const { now } = circumstances;
    const placement = placeRequests({
      line: this.#order.sort(this.#queue, now),
      instances: this.instances,
      settings: this.#settings,
      circumstances,
      undrained: this.#undrained(now),
    });
    for (const key of placement.drainedInVain) this.#undrainedUntil.set(key, now + GROWTH_PAUSE_MS);
    this.#placementDueAt = placement.dueAt;
    this.#reasons = placement.waiting;
    for (const instance of this.#instances.values()) {
      instance.waiting = placement.joined.get(instance.id) ?? 0;
      instance.leavingSince = placement.leaving.get(instance.id);
    }
    for (const { requestId, instanceId } of placement.promised) {
      this.#instances.get(instanceId)?.promised.add(requestId);
    }
    for (const { request, error } of placement.rejected) this.#reject(request, error);
    for (const grant of placement.granted) this.#grant(grant, now);
    for (const load of placement.loads) this.#load(load, now);
    this.#queue = this.#queue.filter((request) => placement.waiting.has(request));
  }

  #undrained(now: number): ReadonlySet<string> {
    for (const [key, until] of this.#undrainedUntil) if (until <= now) this.#undrainedUntil.delete(key);
    return new Set(this.#undrainedUntil.keys());
  }

  #grant({ request, instanceId }: Placement['granted'][number], now: number): void {
    const instance = this.#instances.get(instanceId);
    if (!instance) return;
    this.#order.served(request);
    instance.active.add(request.id);
    if (request.target.isForBatch) instance.lines.add(request.id);
    instance.lastUsed = now;
    instance.keepAliveMs = request.keepAliveMs ?? instance.keepAliveMs;
    this.#actions.push({ type: 'grant', requestId: request.id, instanceId });
  }

  #load({ target, place, request }: Placement['loads'][number], now: number): void {
    const id = this.#nextInstanceId++;
    this.#instances.set(id, {
      id,
      target,
      place,
      pinned: target.pinned ?? false,
      isGrown: request.again === 'longer',
      state: 'loading',
      leavingSince: undefined,
      active: new Set(),
      lines: new Set(),
      waiting: 1,
      promised: new Set([request.id]),
      keepAliveMs: request.keepAliveMs ?? this.#settings.keepAliveMs,
      lastUsed: now,
      idleSince: now,
    });
    this.#actions.push({ type: 'load', instanceId: id, target, place });
  }

  #stopWhere(wanted: (instance: Instance) => boolean, reason: StopReason): void {
    for (const instance of this.#instances.values()) {
      if (instance.state === 'stopping' || !wanted(instance)) continue;
      instance.state = 'stopping';
      this.#actions.push({ type: 'stop', instanceId: instance.id, reason });
    }
  }

  #reject(request: WaitingRequest, error: unknown): void {
    this.#actions.push({ type: 'reject', requestId: request.id, error });
  }
}

/** The client with the most requests; of several, the one whose newest request came last. */
function greediestClient(requests: readonly WaitingRequest[]): string | undefined {
  const counts = new Map<string | undefined, number>();
  for (const { client } of requests) counts.set(client, (counts.get(client) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return requests.findLast(({ client }) => counts.get(client) === most)?.client;
}
