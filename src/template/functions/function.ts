import type { Result } from '../kinds.ts';

/** Why a function refuses its arguments; the evaluator adds the position. */
export class FunctionError extends Error {}

export interface TemplateFunction {
  /** Minimum number of arguments. */
  readonly minimum: number;
  /** Maximum number of arguments; Infinity = no limit. */
  readonly maximum: number;
  /** Number of leading arguments that must be strings; Infinity = all. */
  readonly strings?: number;
  /** @throws FunctionError */
  readonly call: (values: readonly Result[]) => Result;
}
