import type { WorkMeter } from '../../base/work-meter.ts';
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
  /**
   * Reports to the meter what it reads and makes.
   * @throws FunctionError
   * @throws OverLimit
   */
  readonly call: (values: readonly Result[], meter: WorkMeter) => Result;
}
