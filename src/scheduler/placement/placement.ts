import type { OllamaError } from '../../base/errors.ts';
import type { Circumstances, WaitReason } from '../events.ts';
import { admits, type Instance, isGoing, isIdle, serves, type WaitingRequest } from '../instance.ts';
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

export interface Placement {
  readonly granted: { readonly request: WaitingRequest; readonly instance: Instance }[];
  readonly loads: PlannedLoad[];
  readonly rejected: { readonly request: WaitingRequest; readonly error: OllamaError }[];
  /** What each of the others waits for. */
  readonly waiting: Map<WaitingRequest, WaitReason>;
  /** When time alone changes a decision: milliseconds since the epoch, Infinity = never. */
  dueAt: number;
}

export interface PlacementInput {
  /** In the order of service. */
  readonly line: readonly WaitingRequest[];
  readonly instances: readonly Instance[];
  readonly settings: SchedulerSettings;
  readonly circumstances: Circumstances;
}

/**
 * Decides for each waiting request, in order: a runner that fits serves it, or will; else a load starts if there is
 * room that no earlier request waits for; else instances are chosen to make room. Those that are busy go on admitting
 * requests until that one has waited for `swapMaxWaitMs`, since a swap costs more than a few requests served together.
 * Once a request finds no room even so, later ones start no loads, but are still served by loaded runners.
 */
export function placeRequests(input: PlacementInput): Placement {
  const planner = new Planner(input);
  for (const request of input.line) planner.keepPromise(request);
  for (const request of input.line) planner.place(request);
  return planner.placement;
}

class Planner {
  readonly placement: Placement = {
    granted: [],
    loads: [],
    rejected: [],
    waiting: new Map(),
    dueAt: Number.POSITIVE_INFINITY,
  };
  readonly #input: PlacementInput;
  readonly #byKey = new Map<string, Instance>();
  /** Since when each was leaving before this event. */
  readonly #leavingSince = new Map<Instance, number>();
  readonly #victims = new Set<Instance>();
  #madeLedger: Ledger | undefined;
  /** Models that an earlier request waits to load: within a model nobody overtakes, whatever the options. */
  readonly #blockedKeys = new Set<string>();
  #full = false;

  constructor(input: PlacementInput) {
    this.#input = input;
    for (const instance of input.instances) {
      this.#byKey.set(instance.target.key, instance);
      if (instance.leavingSince !== undefined) this.#leavingSince.set(instance, instance.leavingSince);
      instance.leavingSince = undefined;
      instance.waiting = 0;
    }
  }

  /** A load under way serves those it was started for, whoever else has come in before them since. */
  keepPromise(request: WaitingRequest): void {
    const instance = this.#byKey.get(request.target.key);
    if (instance?.promised.has(request.id) && admits(instance, request.target)) this.#join(request, instance);
  }

  place(request: WaitingRequest): void {
    const { target } = request;
    if (this.placement.waiting.has(request) || this.#isGranted(request)) return;
    const existing = this.#byKey.get(target.key);
    const planned = this.placement.loads.find((load) => load.target.key === target.key);
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
      const { instances, settings, circumstances } = this.#input;
      const free = circumstances.freeMemory();
      const maxLoaded = maxLoadedModels(settings, free.gpus.length);
      this.#madeLedger = new Ledger(instances, { ...limitsOf(settings), maxLoaded }, free);
    }
    return this.#madeLedger;
  }

  #wait(request: WaitingRequest, reason: WaitReason): void {
    if (reason === 'memory') this.#blockedKeys.add(request.target.key);
    this.placement.waiting.set(request, reason);
  }

  #join(request: WaitingRequest, instance: Instance): void {
    if (instance.state === 'loading' && instance.promised.size < instance.place.slots) {
      instance.promised.add(request.id);
    }
    const isFree = instance.state === 'ready' && instance.active.size < instance.place.slots;
    if (!isFree) {
      instance.waiting += 1;
      this.#wait(request, instance.state === 'loading' ? 'load' : 'slot');
      return;
    }
    instance.active.add(request.id);
    this.placement.granted.push({ request, instance });
  }

  #makeRoom(request: WaitingRequest, outdated: Instance | undefined): void {
    const { target } = request;
    const { instances, settings, circumstances } = this.#input;
    const staying = instances.filter((instance) => instance.pinned && instance !== outdated);
    const emptied = this.#ledger.emptyBut(staying);
    if (!findPlace(target, emptied, { settings, isAlone: true })) {
      this.placement.rejected.push({ request, error: memoryShortage(target, settings, emptied) });
      return;
    }
    // At once: later requests for the same model must not overtake.
    if (outdated) this.#dismiss(outdated, circumstances.now);
    const place = outdated ? undefined : this.#placeNow(target);
    if (place) {
      this.#ledger.take(place);
      this.placement.loads.push({ target, place, request });
      this.#wait(request, 'load');
      return;
    }
    this.#wait(request, 'memory');
    this.#reserve(request);
  }

  #placeNow(target: LoadTarget): Place | undefined {
    const { instances, settings } = this.#input;
    return findPlace(target, this.#ledger.now, { settings, isAlone: !instances.some(sharesGpu) });
  }

  /** In what will be there after these have left. */
  #placeSoon(target: LoadTarget, victims: readonly Instance[]): Place | undefined {
    const { instances, settings } = this.#input;
    const others = instances.filter((other) => !victims.includes(other) && !this.#isLeaving(other));
    return findPlace(target, this.#ledger.soon(victims), { settings, isAlone: !others.some(sharesGpu) });
  }

  #isGranted(request: WaitingRequest): boolean {
    return this.#byKey.get(request.target.key)?.active.has(request.id) ?? false;
  }

  #isLeaving(instance: Instance): boolean {
    return isGoing(instance) || this.#victims.has(instance);
  }

  /** Keeps room for a request that cannot start yet, taking it from loaded models where need be. */
  #reserve(request: WaitingRequest): void {
    const { target } = request;
    const { instances, settings } = this.#input;
    const candidates = instances.filter((instance) => !this.#victims.has(instance));
    const isEnough = (chosen: readonly Instance[]) => this.#placeSoon(target, chosen) !== undefined;
    const victims = isEnough([]) ? [] : chooseVictims(candidates, isEnough);
    if (!victims) {
      this.#full = true;
      return;
    }
    for (const victim of victims) this.#dismiss(victim, request.since + settings.swapMaxWaitMs);
    const place = this.#placeSoon(target, []);
    if (place) this.#ledger.reserve(place.pools);
    // What needs the GPUs for itself would wait for ever while others come and go on them.
    this.#full = place === undefined || !place.isWhole;
  }

  /** @param swapAt when it admits nobody new any more, should it be busy: milliseconds since the epoch */
  #dismiss(instance: Instance, swapAt: number): void {
    if (isGoing(instance)) return;
    const { now } = this.#input.circumstances;
    if (!this.#victims.has(instance)) this.#ledger.free(instance);
    this.#victims.add(instance);
    if (isIdle(instance) || swapAt <= now) {
      instance.leavingSince = this.#leavingSince.get(instance) ?? now;
    } else {
      this.placement.dueAt = Math.min(this.placement.dueAt, swapAt);
    }
  }
}

/** Pinned ones stay anyway, so that waiting for them would be for ever. */
function sharesGpu({ pinned, place }: Instance): boolean {
  return !pinned && usesGpu(place.pools);
}

function limitsOf({ memoryLimitBytes, gpuOverheadBytes }: SchedulerSettings) {
  return { memoryLimitBytes, gpuOverheadBytes };
}
