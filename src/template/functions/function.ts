import type { Result } from '../kinds.ts';

/** Why a function cannot take its arguments; the evaluator adds where. */
export class FunctionError extends Error {}

export interface TemplateFunction {
  /** Fewest arguments. */
  readonly minimum: number;
  /** Most arguments; Infinity = any number. */
  readonly maximum: number;
  /** The first this many have to be strings; Infinity = all. */
  readonly strings?: number;
  /** @throws FunctionError */
  readonly call: (values: readonly Result[]) => Result;
}
