import type { Scope } from '../scope/scope.ts';

/** Where an expression or statement stands. */
export interface Place {
  readonly scope: Scope;
  /** Inside of a condition, where filters and tests that do not exist fail only when they are used. */
  readonly isSoft: boolean;
  /** Inside of a loop, where nothing may be assigned to `loop`. */
  readonly isInLoop: boolean;
}
