import type { WaitingRequest } from './instance.ts';
import type { LoadTarget } from './load-target.ts';
import type { FreeMemory } from './memory/memory-pools.ts';
import type { Place } from './placement/place.ts';

/** `memory`: others must go first; `load`: its model is being loaded; `slot`: its model is busy. */
export type WaitReason = 'memory' | 'load' | 'slot';

/** What happened, told to the policy by the driver. */
export type SchedulerEvent =
  | { readonly type: 'acquire'; readonly request: WaitingRequest }
  /** A waiting client went away. */
  | { readonly type: 'leave'; readonly requestId: number }
  /** A lease was given back. */
  | { readonly type: 'release'; readonly requestId: number }
  | { readonly type: 'loaded'; readonly instanceId: number }
  | {
      readonly type: 'load-failed';
      readonly instanceId: number;
      readonly error: unknown;
      /** It says nothing about the model: the process was killed. */
      readonly isCrash?: boolean;
    }
  /** The process has ended, asked to or not; its memory is not back yet. */
  | { readonly type: 'ending'; readonly instanceId: number }
  /** Nothing of it is left. */
  | { readonly type: 'gone'; readonly instanceId: number }
  | { readonly type: 'unload'; readonly key: string }
  /** Time passed, or memory was freed. */
  | { readonly type: 'tick' }
  /** Those who wait and those who come are refused; what runs goes on. */
  | { readonly type: 'refuse' }
  /** As `refuse`, and every runner is stopped. */
  | { readonly type: 'close' };

/** What the driver is to do. Each is done once and answered by an event. */
export type SchedulerAction =
  | {
      readonly type: 'load';
      readonly instanceId: number;
      readonly target: LoadTarget;
      readonly place: Place;
    }
  /** `drained`: requests still run, but others have waited too long for their place. */
  | { readonly type: 'stop'; readonly instanceId: number; readonly reason: 'unused' | 'drained' | 'closing' }
  | { readonly type: 'grant'; readonly requestId: number; readonly instanceId: number }
  | { readonly type: 'reject'; readonly requestId: number; readonly error: unknown };

/** What the policy may know about the world while it decides. */
export interface Circumstances {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Asked only when something is to be loaded. */
  readonly freeMemory: () => FreeMemory;
}
