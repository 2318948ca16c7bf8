/** What placement decides from, and what it decides. */
import type { OllamaError } from '../../base/errors.ts';
import type { Circumstances, WaitReason } from '../events.ts';
import type { Instance, WaitingRequest } from '../instance.ts';
import type { LoadTarget } from '../load-target.ts';
import type { SchedulerSettings } from '../scheduler-settings.ts';
import type { Place } from './place.ts';

export interface PlannedLoad {
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
  /** IDs of the instances that have to leave for waiting requests, at once or when their requests have ended. */
  readonly victims: readonly number[];
  /** Keys of models that stopped admitting requests for a longer context, in vain: their running requests took too long. */
  readonly drainedInVain: readonly string[];
  /** When time alone changes a decision, in milliseconds of the clock; Infinity = never. */
  readonly dueAt: number;
}

export interface PlacementInput {
  /** In the order of service. */
  readonly line: readonly WaitingRequest[];
  readonly instances: readonly Instance[];
  readonly settings: SchedulerSettings;
  readonly circumstances: Circumstances;
  /** Keys of models that must not stop admitting requests for the sake of a longer context. */
  readonly undrained?: ReadonlySet<string>;
}
