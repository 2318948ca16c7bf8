import { OllamaError } from '../../base/errors.ts';
import type { WaitReason } from '../events.ts';
import {
  admits,
  draftOf,
  hasFreeSlot,
  type Instance,
  isBusy,
  isDraining,
  isGoing,
  isIdle,
  type OwnInstance,
  serves,
  type WaitingRequest,
} from '../instance.ts';
import type { LoadTarget } from '../load-target.ts';
import { usesGpu } from '../memory/memory-pools.ts';
import { memoryShortage } from '../memory/memory-shortage.ts';
import { maxLoadedModels, slotChoices } from '../scheduler-settings.ts';
import type { Placement, PlacementInput, PlannedLoad } from './decisions.ts';
import { Ledger } from './ledger.ts';
import { findPlace, type Place } from './place.ts';
import { placeWeights } from './place-weights.ts';
import { chooseVictims } from './victims.ts';
import { mayWiden } from './widening.ts';

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
  readonly #drainedInVain: string[] = [];
  #dueAt = Number.POSITIVE_INFINITY;
  /** When each instance that was leaving before this event stopped admitting requests, by its id. */
  readonly #leavingSince = new Map<number, number>();
  readonly #victims = new Set<OwnInstance>();
  #madeLedger: Ledger | undefined;
  /** Keys of models that an earlier request waits to load. Requests for one model never overtake each other. */
  readonly #blockedKeys = new Set<string>();
  /** Keys of models whose load an earlier request waits for. */
  readonly #awaitedKeys = new Set<string>();
  #full = false;

  constructor(input: PlacementInput) {
    this.#input = input;
    this.#drafts = input.instances.map(draftOf);
    // Of two instances of one model, the newer one has the longer context.
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
      victims: [...this.#victims].map(({ id }) => id),
      drainedInVain: this.#drainedInVain,
      dueAt: this.#dueAt,
    };
  }

  /** A running load serves the requests that it was started for, even if others have moved ahead of them since. */
  keepPromise(request: WaitingRequest): void {
    const instance = this.#existing(request.target);
    if (instance?.promised.has(request.id) && admits(instance, request.target)) this.#join(request, instance);
  }

  place(request: WaitingRequest): void {
    const { target } = request;
    if (this.#waiting.has(request) || this.#isGranted(request)) return;
    const existing = this.#existing(target);
    const planned = this.#loads.find((load) => load.target.key === target.key);
    if (this.#blockedKeys.has(target.key)) {
      this.#wait(request, 'memory');
    } else if (
      existing &&
      this.#canJoin(existing, target) &&
      !(planned && this.#awaitedKeys.has(target.key))
    ) {
      this.#join(request, existing);
    } else if (planned && serves(planned, target)) {
      this.#await(request);
    } else if (request.again === 'longer') {
      this.#grow(request, planned ? 'load' : existing);
    } else if (planned || this.#full) {
      this.#wait(request, 'memory');
    } else {
      this.#makeRoom(request, existing);
    }
  }

  /** A model that nobody uses is loaded again with more slots for a large batch, if there is room. */
  #canJoin(existing: OwnInstance, target: LoadTarget): boolean {
    if (!mayWiden(existing, target)) return admits(existing, target);
    return admits(existing, target) && slotsOf(this.#placeSoon(target, [existing])) <= existing.place.slots;
  }

  get #ledger(): Ledger {
    if (!this.#madeLedger) {
      const { settings, circumstances } = this.#input;
      const { memoryLimitBytes, gpuOverheadBytes } = settings;
      const free = circumstances.freeMemory();
      const maxLoaded = maxLoadedModels(settings, free.gpus.length);
      this.#madeLedger = new Ledger(this.#drafts, { memoryLimitBytes, gpuOverheadBytes, maxLoaded }, free);
    }
    return this.#madeLedger;
  }

  #wait(request: WaitingRequest, reason: WaitReason): void {
    if (reason === 'memory') this.#blockedKeys.add(request.target.key);
    this.#waiting.set(request, reason);
  }

  /** Waits for a load. Later requests for the model wait with it, even if the instance before could serve them. */
  #await(request: WaitingRequest): void {
    if (request.again !== 'longer') this.#awaitedKeys.add(request.target.key);
    this.#wait(request, 'load');
  }

  #join(request: WaitingRequest, instance: OwnInstance): void {
    if (instance.state === 'loading' && instance.promised.size < instance.place.slots) {
      if (!instance.promised.has(request.id)) {
        this.#promised.push({ requestId: request.id, instanceId: instance.id });
      }
      instance.promised.add(request.id);
    }
    const isFree = hasFreeSlot(instance, request.target);
    if (!isFree) {
      instance.waiting += 1;
      if (instance.state === 'loading') this.#await(request);
      else this.#wait(request, 'slot');
      return;
    }
    instance.active.add(request.id);
    if (request.target.isForBatch) instance.lines.add(request.id);
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
      this.#startLoad(request, place);
      return;
    }
    this.#wait(request, 'memory');
    this.#reserve(request);
  }

  #startLoad(request: WaitingRequest, found: Place): void {
    const place = placeWeights(request.target, found, {
      hugePages: this.#input.circumstances.freeMemory().hugePages,
      freeBytes: this.#ledger.now.systemBytes,
      instances: this.#drafts,
    });
    this.#ledger.take(place);
    this.#loads.push({ target: request.target, place, request });
    this.#wait(request, 'load');
  }

  /**
   * Loads the model again with a longer context if no other model in use has to leave for it. A busy instance stays
   * beside the new one. Where both do not fit, it admits no requests until its running ones end, but not for longer than
   * others may have to wait; then the request is rejected and everything stays as it is.
   */
  #grow(request: WaitingRequest, existing: OwnInstance | 'load' | undefined): void {
    if (existing === 'load' || existing?.state === 'loading') {
      // What is being loaded has been promised to other requests.
      this.#wait(request, 'load');
      return;
    }
    const place = this.#placeBeside(request.target, existing);
    if (place) this.#startLoad(request, place);
    else this.#replace(request, existing);
  }

  /** A place in addition to that of a busy instance, with at least as many slots, so that nobody waits longer for one. */
  #placeBeside(target: LoadTarget, existing: OwnInstance | undefined): Place | undefined {
    if (existing && !isBusy(existing)) return undefined;
    const place = this.#placeNow(target);
    return place && place.slots >= this.#enoughSlots(target, existing) ? place : undefined;
  }

  /** As many as before, but not as many as a large batch got. */
  #enoughSlots(target: LoadTarget, existing?: OwnInstance): number {
    return Math.min(existing?.place.slots ?? 0, slotChoices(this.#input.settings, target)[0] ?? 1);
  }

  #replace(request: WaitingRequest, existing: OwnInstance | undefined): void {
    const { target } = request;
    const busy = existing && isBusy(existing) ? existing : undefined;
    const own = existing && !this.#isLeaving(existing) ? [existing] : [];
    const isContested =
      this.#full || this.#drafts.some(isDraining) || (busy !== undefined && own.length === 0);
    const beside =
      busy && !isContested ? this.#idleVictims(target, [], this.#enoughSlots(target, busy)) : undefined;
    if (beside) {
      this.#leave(request, beside);
      return;
    }
    const victims = isContested ? undefined : this.#idleVictims(target, own);
    if (!victims) {
      this.#refuseGrowth(request, 'there is not enough memory beside the models in use');
      return;
    }
    if (busy && !this.#mayDrain(busy)) {
      this.#refuseGrowth(request, 'its running requests take too long');
      return;
    }
    // Idle models leave only once the busy instance has ended its requests.
    this.#leave(request, busy ? own : [...own, ...victims]);
    this.#blockedKeys.add(target.key);
  }

  /** Makes room for a request and reserves it. Requests for the same model need not wait for that. */
  #leave(request: WaitingRequest, victims: readonly OwnInstance[]): void {
    for (const victim of victims) this.#dismiss(victim, this.#input.circumstances.now);
    this.#waiting.set(request, 'memory');
    const reserved = this.#placeSoon(request.target, []);
    if (reserved) this.#ledger.reserve(reserved.pools);
  }

  /**
   * Idle instances of other models that make room together with the model's own.
   * @param own the instance to be replaced; none = it stays
   * @param minSlots the fewest slots that are enough
   * @returns undefined if all of them are not enough
   */
  #idleVictims(
    target: LoadTarget,
    own: readonly OwnInstance[],
    minSlots = 1,
  ): readonly OwnInstance[] | undefined {
    const isEnough = (chosen: readonly OwnInstance[]) =>
      slotsOf(this.#placeSoon(target, [...own, ...chosen])) >= minSlots;
    if (isEnough([])) return [];
    const isOther = (draft: OwnInstance) => draft.target.key !== target.key && !this.#victims.has(draft);
    return chooseVictims(
      this.#drafts.filter((draft) => isIdle(draft) && isOther(draft)),
      isEnough,
    );
  }

  /** Whether a busy instance may wait for the end of its requests. Others have waited since the first such request. */
  #mayDrain({ id, target }: OwnInstance): boolean {
    const { settings, circumstances, undrained } = this.#input;
    if (undrained?.has(target.key)) return false;
    const since = this.#leavingSince.get(id) ?? circumstances.now;
    const until = since + Math.min(settings.swapMaxWaitMs, settings.drainTimeoutMs);
    if (circumstances.now >= until) {
      this.#drainedInVain.push(target.key);
      return false;
    }
    this.#dueAt = Math.min(this.#dueAt, until);
    return true;
  }

  #refuseGrowth(request: WaitingRequest, reason: string): void {
    const { name, load } = request.target;
    const message = `${name} does not get a context of ${load.contextLength} tokens: ${reason}`;
    this.#rejected.push({ request, error: new OllamaError('busy', message) });
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
    return this.#granted.some((grant) => grant.request === request);
  }

  /** The instance for a request: the newest of its model, or the one before while the newest loads a longer context. */
  #existing(target: LoadTarget): OwnInstance | undefined {
    const newest = this.#byKey.get(target.key);
    if (newest?.state !== 'loading' || !newest.isGrown || this.#awaitedKeys.has(target.key)) return newest;
    const ready = this.#drafts.findLast(
      (draft) => draft.target.key === target.key && draft.state === 'ready',
    );
    return ready && hasFreeSlot(ready, target) ? ready : newest;
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

/** Whether it makes others wait for a GPU. Pinned instances never leave, so waiting for them would take forever. */
function sharesGpu({ pinned, place }: Instance): boolean {
  return !pinned && usesGpu(place.pools);
}

function slotsOf(place: Place | undefined): number {
  return place?.slots ?? 0;
}
