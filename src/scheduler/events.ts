import type { WaitingRequest } from './instance.ts';
import type { LoadTarget } from './load-target.ts';

/** What happened, told to the policy by the driver. */
export type SchedulerEvent =
  | { readonly type: 'acquire'; readonly request: WaitingRequest }
  /** A waiting client went away. */
  | { readonly type: 'leave'; readonly requestId: number }
  /** A lease was given back. */
  | { readonly type: 'release'; readonly requestId: number }
  | { readonly type: 'loaded'; readonly instanceId: number }
  | { readonly type: 'load-failed'; readonly instanceId: number; readonly error: unknown }
  /** The process ended, asked to or not. */
  | { readonly type: 'gone'; readonly instanceId: number }
  | { readonly type: 'unload'; readonly key: string }
  /** Time passed. */
  | { readonly type: 'tick' }
  | { readonly type: 'close' };

/** What the driver is to do. Each is done once and answered by an event. */
export type SchedulerAction =
  | {
      readonly type: 'load';
      readonly instanceId: number;
      readonly target: LoadTarget;
      readonly slots: number;
    }
  | { readonly type: 'stop'; readonly instanceId: number }
  | { readonly type: 'grant'; readonly requestId: number; readonly instanceId: number }
  | { readonly type: 'reject'; readonly requestId: number; readonly error: unknown };

/** What the policy may know about the world while it decides. */
export interface Circumstances {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Asked only when something is to be loaded. */
  readonly availableBytes: () => number;
}
