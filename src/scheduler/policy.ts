/**
 * Who may use which runner, and what is loaded and stopped for it: events in, actions out. No promises and no timers;
 * one writer, the driver in `scheduler.ts`, hands in the events one after another.
 */
import { OllamaError } from '../base/errors.ts';
import type { Circumstances, SchedulerAction, SchedulerEvent } from './events.ts';
import { admits, expiryOf, type Instance, isUnused, type WaitingRequest } from './instance.ts';
import { type PlannedLoad, placeRequests } from './placement.ts';
import { maxLoadedModels, type SchedulerSettings } from './settings.ts';

const busyMessage = 'server busy, please try again.  maximum pending requests exceeded';

/** `memory`: others must go first; `load`: its model is being loaded; `slot`: its model is busy. */
export type WaitReason = 'memory' | 'load' | 'slot';

export class SchedulingPolicy {
  readonly #settings: SchedulerSettings;
  readonly #instances = new Map<number, Instance>();
  #queue: WaitingRequest[] = [];
  #actions: SchedulerAction[] = [];
  #nextInstanceId = 1;
  #closed = false;

  constructor(settings: SchedulerSettings) {
    this.#settings = settings;
  }

  get instances(): readonly Instance[] {
    return [...this.#instances.values()];
  }

  /** Requests without a lease. */
  get waitingCount(): number {
    return this.instances.reduce((total, { waiting }) => total + waiting.length, this.#queue.length);
  }

  /** Requests without a lease, the one that waits longest first, and what each waits for. */
  get waiting(): { request: WaitingRequest; reason: WaitReason }[] {
    const admitted = this.instances.flatMap(({ state, waiting }) => {
      const reason: WaitReason = state === 'loading' ? 'load' : 'slot';
      return waiting.map((request) => ({ request, reason }));
    });
    const others = this.#queue.map((request) => ({ request, reason: 'memory' as const }));
    return [...admitted, ...others].sort((left, right) => left.request.id - right.request.id);
  }

  /** When the next `tick` is due: milliseconds since the epoch, Infinity = never. */
  get nextExpiry(): number {
    const idle = this.instances.filter((instance) => instance.state === 'ready' && isUnused(instance));
    return Math.min(Number.POSITIVE_INFINITY, ...idle.map(expiryOf));
  }

  handle(event: SchedulerEvent, circumstances: Circumstances): SchedulerAction[] {
    this.#actions = [];
    this.#apply(event, circumstances.now);
    this.#stopUnused((instance) => instance.state === 'loading' || expiryOf(instance) <= circumstances.now);
    this.#place(circumstances);
    this.#grant(circumstances.now);
    this.#stopUnused((instance) => instance.leaving);
    return this.#actions;
  }

  #apply(event: SchedulerEvent, now: number): void {
    if (event.type === 'acquire') this.#enqueue(event.request);
    if (event.type === 'leave') this.#forget(event.requestId);
    if (event.type === 'release') this.#release(event.requestId, now);
    if (event.type === 'loaded') this.#becomeReady(event.instanceId, now);
    if (event.type === 'load-failed') this.#failLoad(event.instanceId, event.error);
    if (event.type === 'gone') this.#remove(event.instanceId);
    if (event.type === 'unload') this.#expire(event.key, now);
    if (event.type === 'close') this.#close();
  }

  #enqueue(request: WaitingRequest): void {
    if (this.#closed) {
      this.#reject(request, new OllamaError('busy', 'server is shutting down'));
    } else if (this.waitingCount >= Math.max(1, this.#settings.maxQueue) && !this.#hasFreeSlot(request)) {
      this.#reject(request, new OllamaError('busy', busyMessage));
    } else {
      this.#queue.push(request);
    }
  }

  #hasFreeSlot({ target }: WaitingRequest): boolean {
    const instance = this.instances.find((candidate) => admits(candidate, target));
    return instance?.state === 'ready' && instance.active.size + instance.waiting.length < instance.slots;
  }

  #forget(requestId: number): void {
    const others = ({ id }: WaitingRequest) => id !== requestId;
    this.#queue = this.#queue.filter(others);
    for (const instance of this.#instances.values()) instance.waiting = instance.waiting.filter(others);
  }

  #release(requestId: number, now: number): void {
    for (const instance of this.#instances.values()) {
      if (instance.active.delete(requestId)) instance.idleSince = now;
    }
  }

  #becomeReady(instanceId: number, now: number): void {
    const instance = this.#instances.get(instanceId);
    if (instance?.state !== 'loading') return;
    instance.state = 'ready';
    instance.idleSince = now;
  }

  #failLoad(instanceId: number, error: unknown): void {
    const instance = this.#instances.get(instanceId);
    this.#instances.delete(instanceId);
    for (const request of instance?.waiting ?? []) this.#reject(request, error);
  }

  /** Requests that had not begun go back to the head of the queue, so that a crash costs only the running ones. */
  #remove(instanceId: number): void {
    const instance = this.#instances.get(instanceId);
    this.#instances.delete(instanceId);
    this.#queue.unshift(...(instance?.waiting ?? []));
  }

  #expire(key: string, now: number): void {
    for (const instance of this.#instances.values()) {
      if (instance.target.key !== key) continue;
      instance.keepAliveMs = 0;
      instance.idleSince = now;
    }
  }

  #close(): void {
    this.#closed = true;
    const waiting = [...this.instances.flatMap((instance) => instance.waiting), ...this.#queue];
    for (const request of waiting) this.#reject(request, new OllamaError('busy', 'server is shutting down'));
    this.#queue = [];
    for (const instance of this.#instances.values()) {
      instance.waiting = [];
      this.#stop(instance);
    }
  }

  #place({ now, availableBytes }: Circumstances): void {
    const { instances } = this;
    const maxLoaded = maxLoadedModels(this.#settings);
    const placement = placeRequests({
      queue: this.#queue,
      instances,
      maxLoaded,
      settings: this.#settings,
      availableBytes,
    });
    this.#queue = placement.queue;
    for (const { request, instance } of placement.admitted) instance.waiting.push(request);
    for (const { request, error } of placement.rejected) this.#reject(request, error);
    for (const load of placement.loads) this.#load(load, now);
  }

  #load({ target, slots, bytes, requests }: PlannedLoad, now: number): void {
    const id = this.#nextInstanceId++;
    this.#instances.set(id, {
      id,
      target,
      slots,
      bytes,
      state: 'loading',
      leaving: false,
      active: new Set(),
      waiting: requests,
      keepAliveMs: requests[0]?.keepAliveMs ?? this.#settings.keepAliveMs,
      lastUsed: now,
      idleSince: now,
    });
    this.#actions.push({ type: 'load', instanceId: id, target, slots });
  }

  #grant(now: number): void {
    for (const instance of this.#instances.values()) {
      if (instance.state !== 'ready') continue;
      for (const request of instance.waiting.splice(0, instance.slots - instance.active.size)) {
        instance.active.add(request.id);
        instance.lastUsed = now;
        instance.keepAliveMs = request.keepAliveMs ?? instance.keepAliveMs;
        this.#actions.push({ type: 'grant', requestId: request.id, instanceId: instance.id });
      }
    }
  }

  #stopUnused(wanted: (instance: Instance) => boolean): void {
    for (const instance of this.#instances.values()) {
      if (isUnused(instance) && wanted(instance)) this.#stop(instance);
    }
  }

  #stop(instance: Instance): void {
    if (instance.state === 'stopping') return;
    instance.state = 'stopping';
    this.#actions.push({ type: 'stop', instanceId: instance.id });
  }

  #reject(request: WaitingRequest, error: unknown): void {
    this.#actions.push({ type: 'reject', requestId: request.id, error });
  }
}
