import type { LoadTarget } from './load-target.ts';
import { expertLayers } from './placement/expert-placement.ts';
import type { Place } from './placement/place.ts';

/** A request that has no lease yet. */
export interface WaitingRequest {
  readonly id: number;
  readonly target: LoadTarget;
  /** Milliseconds; replaces the keep-alive of the runner when the request is served. */
  readonly keepAliveMs?: number | undefined;
  /** Time of arrival, in milliseconds of the clock. */
  readonly since: number;
  /** Number of the run that it is for; absent = it is for none. */
  readonly run?: number | undefined;
  /** Higher priorities are served first; absent = 0. */
  readonly priority?: number | undefined;
  /** The client that sent it. Clients with the same priority take turns. */
  readonly client?: string | undefined;
  /**
   * Present if it had a lease before: to get a longer context than the loaded one, or to continue with that one because
   * there is no longer one. A full queue does not refuse it.
   */
  readonly again?: 'longer' | 'same' | undefined;
}

/** One runner, from the decision to load it until its process has exited. Only the policy changes it. */
export interface Instance {
  readonly id: number;
  readonly target: LoadTarget;
  readonly place: Place;
  /** Never unloaded to make room for other models, and never because it is idle. */
  readonly pinned: boolean;
  /** Whether it was loaded for a request that asked for a longer context. Nobody else depends on its success. */
  readonly isGrown: boolean;
  readonly state: 'loading' | 'ready' | 'stopping';
  /**
   * When it stopped admitting requests because a waiting one needs its memory, in milliseconds of the clock;
   * undefined = it admits requests.
   */
  readonly leavingSince: number | undefined;
  /** IDs of the requests that hold a lease. */
  readonly active: ReadonlySet<number>;
  /** Those of them that are lines of large batches. */
  readonly lines: ReadonlySet<number>;
  /** Number of queued requests that it is going to serve; counted again at every event. */
  readonly waiting: number;
  /** IDs of the requests that it was loaded for, at most one per slot. They are served before it may be unloaded. */
  readonly promised: ReadonlySet<number>;
  readonly keepAliveMs: number;
  /** Milliseconds of the clock. */
  readonly lastUsed: number;
  /** Milliseconds of the clock. */
  readonly idleSince: number;
}

/** An instance that its owner may change: the policy, or a planner that works on a copy. */
export type OwnInstance = {
  -readonly [Field in keyof Instance]: Instance[Field] extends ReadonlySet<number>
    ? Set<number>
    : Instance[Field];
};

/** Whether it can be unloaded now without interrupting a request. */
export function isIdle(instance: Instance): boolean {
  return instance.state === 'ready' && isUnused(instance);
}

export function isUnused(instance: Instance): boolean {
  return instance.active.size === 0 && instance.waiting === 0;
}

export function isGoing({ state, leavingSince }: Instance): boolean {
  return state === 'stopping' || leavingSince !== undefined;
}

/** When an unused instance must be stopped, in milliseconds of the clock; Infinity = never. */
export function expiryOf(instance: Instance): number {
  return instance.idleSince + instance.keepAliveMs;
}

/**
 * Whether a runner that was loaded for a target can serve another one without a reload. The loaded context may be longer
 * than the requested one.
 */
export function serves(
  { target: loaded, place }: Pick<Instance, 'target' | 'place'>,
  wanted: LoadTarget,
): boolean {
  if (loaded.key !== wanted.key || loaded.reloadKey !== wanted.reloadKey) return false;
  if (wanted.load.contextLength > loaded.load.contextLength) return false;
  if (wanted.load.gpuLayers >= 0 && wanted.load.gpuLayers !== loaded.load.gpuLayers) return false;
  if (!hasWantedExperts(loaded, place, wanted) || !hasWantedWeights(loaded, place, wanted)) return false;
  return wanted.mainGpu === undefined || wanted.mainGpu === loaded.mainGpu;
}

/** A request may name more layers than have experts; a model without experts has none. */
function hasWantedExperts(loaded: LoadTarget, place: Place, { load: wanted }: LoadTarget): boolean {
  const { expertLayersOnCpu: number } = wanted;
  if (number === undefined || number === loaded.load.expertLayersOnCpu) return true;
  return Math.min(number, expertLayers(loaded.estimate(place.slots))) === place.expertLayersOnCpu;
}

/** Whoever says nothing about mapping gets what was decided, but not what another request asked for: unmapped weights. */
function hasWantedWeights(loaded: LoadTarget, place: Place, { load: { useMmap } }: LoadTarget): boolean {
  return useMmap === undefined ? loaded.load.useMmap !== false : useMmap === place.weights.useMmap;
}

export function admits(instance: Instance, target: LoadTarget): boolean {
  return !isGoing(instance) && serves(instance, target);
}

/** Slots that people and lines of batches share while people use the model: more would slow its streams down. */
const SHARED_SLOTS = 4;

export function hasFreeSlot(instance: Instance, target: LoadTarget): boolean {
  const { state, active } = instance;
  return state === 'ready' && active.size < slotsFor(instance, target) && admits(instance, target);
}

/** Lines of large batches leave one of many slots to people, who thus wait for none of them; and one line is always answered. */
function slotsFor({ place: { slots }, ...instance }: Instance, { isForBatch }: LoadTarget): number {
  if (!isForBatch || slots <= SHARED_SLOTS) return slots;
  return Math.min(slots - 1, sharedSlots(instance));
}

/** Slots that may be taken when the last of them goes to a line of a large batch. */
function sharedSlots({ active, lines }: Pick<Instance, 'active' | 'lines'>): number {
  const people = active.size - lines.size;
  return people === 0 ? Number.POSITIVE_INFINITY : Math.max(SHARED_SLOTS, people + 1);
}

/** Whether people are answered beside more lines than would be admitted now. */
export function isCrowded(instance: Instance): boolean {
  return instance.lines.size > 0 && instance.active.size > sharedSlots(instance);
}

export function isBusy(instance: Instance): boolean {
  return instance.state === 'ready' && !isIdle(instance);
}

/** Whether it ends its requests because another model needs its memory. */
export function isDraining(instance: Instance): boolean {
  return instance.state === 'ready' && isGoing(instance) && instance.active.size > 0;
}

/** A copy in the state before any decision: no waiting request is assigned to it, and it is not leaving. */
export function draftOf(instance: Instance): OwnInstance {
  return {
    ...instance,
    leavingSince: undefined,
    waiting: 0,
    active: new Set(instance.active),
    lines: new Set(instance.lines),
    promised: new Set(instance.promised),
  };
}
