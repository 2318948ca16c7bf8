import type { Value } from '../values/value.ts';
import type { RenderState } from './render-state.ts';

/** The variables and the text of one run of a function: the template, a macro, or a recursive loop. */
export class Frame {
  /** The value of each variable; undefined until it is set. */
  readonly slots: (Value | undefined)[];
  readonly parent: Frame | undefined;
  readonly state: RenderState;
  /** The text so far. */
  out = '';

  constructor(size: number, state: RenderState, parent?: Frame) {
    this.slots = new Array<Value | undefined>(size).fill(undefined);
    this.state = state;
    this.parent = parent;
  }
}

/** Computes a value. */
export type Evaluate = (frame: Frame) => Value;

/** How a statement ended. */
export const NORMAL = 0;
export const BREAK = 1;
export const CONTINUE = 2;
export type Outcome = typeof NORMAL | typeof BREAK | typeof CONTINUE;

/** Runs a statement. */
export type Execute = (frame: Frame) => Outcome;
