import type { OllamaError } from '../../base/errors.ts';
import type { Circumstances, WaitReason } from '../events.ts';
import {
  admits,
  type Instance,
  isGoing,
  isIdle,
  type OwnInstance,
  serves,
  type WaitingRequest,
} from '../instance.ts';
import type { LoadTarget } from '../load-target.ts';
import { usesGpu } from '../memory/memory-pools.ts';
import { memoryShortage } from '../memory/memory-shortage.ts';
import { maxLoadedModels, type SchedulerSettings } from '../scheduler-settings.ts';
import { Ledger } from './ledger.ts';
import { findPlace, type Place } from './place.ts';
import { chooseVictims } from './victims.ts';

interface PlannedLoad {
  readonly target: LoadTarget;
  readonly place: Place;
  /** The first request that it will serve. */
  readonly request: WaitingRequest;
}

/** The decisions. Nothing has happened yet: the policy applies them. */
export interface Placement {
  /** Requests that get a free slot now. */
  readonly granted: readonly { readonly request: WaitingRequest; readonly instanceId: number }[];
  /** Requests that a running load will serve first. */
  readonly promised: readonly { readonly requestId: number; readonly instanceId: number }[];
  readonly loads: readonly PlannedLoad[];
  readonly rejected: readonly { readonly request: WaitingRequest; readonly error: OllamaError }[];
  /** What each of the other requests waits for. */
  readonly waiting: ReadonlyMap<WaitingRequest, WaitReason>;
  /** Number of waiting requests that each instance is going to serve, by its id; absent = 0. */
  readonly joined: ReadonlyMap<number, number>;
  /** When each dismissed instance stopped admitting requests, by its id; absent = it admits requests. */
  readonly leaving: ReadonlyMap<number, number>;
  /** When time alone changes a decision, in milliseconds of the clock; Infinity = never. */
  readonly dueAt: number;
}

export interface PlacementInput {
  /** In the order of service. */
  readonly line: readonly WaitingRequest[];
  readonly instances: readonly Instance[];
  readonly settings: SchedulerSettings;
  readonly circumstances: Circumstances;
}

/**
 * Decides for each waiting request, in order. A runner that fits serves it, now or later. Otherwise a load starts if there
 * is room that no earlier request waits for. Otherwise instances are chosen to make room. Busy ones keep admitting requests
 * until that request has waited for `swapMaxWaitMs`, because a swap costs more than a few requests served together. Once a
 * request finds no room even so, later ones start no loads, but loaded runners still serve them.
 */
export function placeRequests(input: PlacementInput): Placement {
  const planner = new Planner(input);
  for (const request of input.line) planner.keepPromise(request);
  for (const request of input.line) planner.place(request);
  return planner.placement();
}

/** Works on copies of the instances, so that each decision sees the earlier ones. */
class Planner {
  readonly #input: PlacementInput;
  readonly #drafts: readonly OwnInstance[];
  readonly #byKey = new Map<string, OwnInstance>();
  readonly #granted: Placement['granted'][number][] = [];
  readonly #promised: Placement['promised'][number][] = [];
  readonly #loads: PlannedLoad[] = [];
  readonly #rejected: Placement['rejected'][number][] = [];
  readonly #waiting = new Map<WaitingRequest, WaitReason>();
  #dueAt = Number.POSITIVE_INFINITY;
  /** When each instance that was leaving before this event stopped admitting requests, by its id. */
  readonly #leavingSince = new Map<number, number>();
  readonly #victims = new Set<OwnInstance>();
  #madeLedger: Ledger | undefined;
  /** Keys of models that an earlier request waits to load. Requests for one model never overtake each other. */
  readonly #blockedKeys = new Set<string>();
  #full = false;

  constructor(input: PlacementInput) {
    this.#input = input;
    this.#drafts = input.instances.map(draftOf);
    for (const draft of this.#drafts) this.#byKey.set(draft.target.key, draft);
    for (const { id, leavingSince } of input.instances) {
      if (leavingSince !== undefined) this.#leavingSince.set(id, leavingSince);
    }
  }

  placement(): Placement {
    const leaving = new Map<number, number>();
    for (const { id, leavingSince } of this.#drafts)
      if (leavingSince !== undefined) leaving.set(id, leavingSince);
    return {
      granted: this.#granted,
      promised: this.#promised,
      loads: this.#loads,
      rejected: this.#rejected,
      waiting: this.#waiting,
      joined: new Map(this.#drafts.map(({ id, waiting }) => [id, waiting])),
      leaving,
      dueAt: this.#dueAt,
    };
  }

  /** A running load serves the requests that it was started for, even if others have moved ahead of them since. */
  keepPromise(request: WaitingRequest): void {
    const instance = this.#byKey.get(request.target.key);
    if (instance?.promised.has(request.id) && admits(instance, request.target)) this.#join(request, instance);
  }

  place(request: WaitingRequest): void {
    const { target } = request;
    if (this.#waiting.has(request) || this.#isGranted(request)) return;
    const existing = this.#byKey.get(target.key);
    const planned = this.#loads.find((load) => load.target.key === target.key);
    if (this.#blockedKeys.has(target.key)) {
      this.#wait(request, 'memory');
    } else if (existing && admits(existing, target)) {
      this.#join(request, existing);
    } else if (planned && serves(planned.target, target)) {
      this.#wait(request, 'load');
    } else if (planned || this.#full) {
      this.#wait(request, 'memory');
    } else {
      this.#makeRoom(request, existing);
    }
  }

  get #ledger(): Ledger {
    if (!this.#madeLedger) {
      const { settings, circumstances } = this.#input;
      const free = circumstances.freeMemory();
      const maxLoaded = maxLoadedModels(settings, free.gpus.length);
      this.#madeLedger = new Ledger(this.#drafts, { ...limitsOf(settings), maxLoaded }, free);
    }
    return this.#madeLedger;
  }

  #wait(request: WaitingRequest, reason: WaitReason): void {
    if (reason === 'memory') this.#blockedKeys.add(request.target.key);
    this.#waiting.set(request, reason);
  }

  #join(request: WaitingRequest, instance: OwnInstance): void {
    if (instance.state === 'loading' && instance.promised.size < instance.place.slots) {
      if (!instance.promised.has(request.id)) {
        this.#promised.push({ requestId: request.id, instanceId: instance.id });
      }
      instance.promised.add(request.id);
    }
    const isFree = instance.state === 'ready' && instance.active.size < instance.place.slots;
    if (!isFree) {
      instance.waiting += 1;
      this.#wait(request, instance.state === 'loading' ? 'load' : 'slot');
      return;
    }
    instance.active.add(request.id);
    this.#granted.push({ request, instanceId: instance.id });
  }

  #makeRoom(request: WaitingRequest, outdated: OwnInstance | undefined): void {
    const { target } = request;
    const { settings, circumstances } = this.#input;
    const staying = this.#drafts.filter((instance) => instance.pinned && instance !== outdated);
    const emptied = this.#ledger.emptyBut(staying);
    if (!findPlace(target, emptied, { settings, isAlone: true })) {
      this.#rejected.push({ request, error: memoryShortage(target, settings, emptied) });
      return;
    }
    // Without waiting for the swap, because later requests for the same model must not overtake.
    if (outdated) this.#dismiss(outdated, circumstances.now);
    const place = outdated ? undefined : this.#placeNow(target);
    if (place) {
      this.#ledger.take(place);
      this.#loads.push({ target, place, request });
      this.#wait(request, 'load');
      return;
    }
    this.#wait(request, 'memory');
    this.#reserve(request);
  }

  #placeNow(target: LoadTarget): Place | undefined {
    const { settings } = this.#input;
    return findPlace(target, this.#ledger.now, { settings, isAlone: !this.#drafts.some(sharesGpu) });
  }

  /** Finds a place in the memory that is free once the victims have left. */
  #placeSoon(target: LoadTarget, victims: readonly OwnInstance[]): Place | undefined {
    const { settings } = this.#input;
    const others = this.#drafts.filter((other) => !victims.includes(other) && !this.#isLeaving(other));
    return findPlace(target, this.#ledger.soon(victims), { settings, isAlone: !others.some(sharesGpu) });
  }

  #isGranted(request: WaitingRequest): boolean {
    return this.#byKey.get(request.target.key)?.active.has(request.id) ?? false;
  }

  #isLeaving(instance: OwnInstance): boolean {
    return isGoing(instance) || this.#victims.has(instance);
  }

  /** Reserves room for a request that cannot start yet, and takes it from loaded models if necessary. */
  #reserve(request: WaitingRequest): void {
    const { target } = request;
    const { settings } = this.#input;
    const candidates = this.#drafts.filter((instance) => !this.#victims.has(instance));
    const isEnough = (chosen: readonly OwnInstance[]) => this.#placeSoon(target, chosen) !== undefined;
    const victims = isEnough([]) ? [] : chooseVictims(candidates, isEnough);
    if (!victims) {
      this.#full = true;
      return;
    }
    for (const victim of victims) this.#dismiss(victim, request.since + settings.swapMaxWaitMs);
    const place = this.#placeSoon(target, []);
    if (place) this.#ledger.reserve(place.pools);
    // A model that needs the GPUs for itself would wait forever while others come and go on them.
    this.#full = place === undefined || !place.isWhole;
  }

  /** @param swapAt when a busy instance stops admitting requests, in milliseconds of the clock */
  #dismiss(instance: OwnInstance, swapAt: number): void {
    if (isGoing(instance)) return;
    const { now } = this.#input.circumstances;
    if (!this.#victims.has(instance)) this.#ledger.free(instance);
    this.#victims.add(instance);
    if (isIdle(instance) || swapAt <= now) {
      instance.leavingSince = this.#leavingSince.get(instance.id) ?? now;
    } else {
      this.#dueAt = Math.min(this.#dueAt, swapAt);
    }
  }
}

/** A copy in the state before any decision: no waiting request is assigned to it, and it is not leaving. */
function draftOf(instance: Instance): OwnInstance {
  return {
    ...instance,
    leavingSince: undefined,
    waiting: 0,
    active: new Set(instance.active),
    promised: new Set(instance.promised),
  };
}

/** Whether it makes others wait for a GPU. Pinned instances never leave, so waiting for them would take forever. */
function sharesGpu({ pinned, place }: Instance): boolean {
  return !pinned && usesGpu(place.pools);
}

function limitsOf({ memoryLimitBytes, gpuOverheadBytes }: SchedulerSettings) {
  return { memoryLimitBytes, gpuOverheadBytes };
}
