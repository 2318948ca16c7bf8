import type { WaitingRequest } from './instance.ts';
import type { LoadTarget } from './load-target.ts';
import type { FreeMemory } from './memory/memory-pools.ts';
import type { Place } from './placement/place.ts';

/** `memory`: other models must be unloaded first; `load`: its model is being loaded; `slot`: all slots are busy. */
export type WaitReason = 'memory' | 'load' | 'slot';

/** What happened, as the driver reports it to the policy. */
export type SchedulerEvent =
  | { readonly type: 'acquire'; readonly request: WaitingRequest }
  /** The client of a waiting request disconnected. */
  | { readonly type: 'leave'; readonly requestId: number }
  /** A lease was released. */
  | { readonly type: 'release'; readonly requestId: number }
  | { readonly type: 'loaded'; readonly instanceId: number }
  | {
      readonly type: 'load-failed';
      readonly instanceId: number;
      readonly error: unknown;
      /** The process was killed, so the error says nothing about the model. */
      readonly isCrash?: boolean;
    }
  /** The process has exited, as requested or unexpectedly. Its memory is not free yet. */
  | { readonly type: 'ending'; readonly instanceId: number }
  /** The process has exited and its memory is free. */
  | { readonly type: 'gone'; readonly instanceId: number }
  | { readonly type: 'unload'; readonly key: string }
  /** Time passed, or memory was freed. */
  | { readonly type: 'tick' }
  /** No model is loaded from now on. Requests that no runner can serve are refused, the others continue. */
  | { readonly type: 'wind-down' }
  /** Every runner is stopped, and all waiting and new requests are refused. */
  | { readonly type: 'close' };

/** What the driver must do. It performs each action once and reports the outcome with an event. */
export type SchedulerAction =
  | {
      readonly type: 'load';
      readonly instanceId: number;
      readonly target: LoadTarget;
      readonly place: Place;
    }
  /** `drained`: requests are still running, but another request has waited too long for the memory. */
  | { readonly type: 'stop'; readonly instanceId: number; readonly reason: 'unused' | 'drained' | 'closing' }
  | { readonly type: 'grant'; readonly requestId: number; readonly instanceId: number }
  | { readonly type: 'reject'; readonly requestId: number; readonly error: unknown };

/** What the policy knows about its environment when it decides. */
export interface Circumstances {
  /** Milliseconds of the clock. */
  readonly now: number;
  /** Called only when a model must be loaded. */
  readonly freeMemory: () => FreeMemory;
}
