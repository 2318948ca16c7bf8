/** Limits on templates: they come from downloaded models, and other requests wait while one is executed. */
import { MIB } from '../base/units.ts';
import { WorkMeter } from '../base/work-meter.ts';

/** UTF-16 units; the longest published templates have about twenty thousand. */
export const MAX_TEMPLATE_LENGTH = MIB;
/** Nested actions or parentheses; real templates stay below ten, and each level takes stack. */
export const MAX_NESTING = 100;
/**
 * Evaluated nodes, and what functions read and write in units of `WorkMeter`. A conversation of a thousand messages takes about a
 * hundred thousand; a second allows a few million.
 */
const MAX_STEPS = 4_000_000;
/** Levels of nested `{{template}}` actions; each level takes stack. */
export const MAX_TEMPLATE_DEPTH = 200;
/**
 * Bytes of all texts that one execution makes, its output included, with two bytes per character: 32 million characters are more than
 * any context can hold.
 */
const MAX_TEXT_BYTES = 64 * MIB;
/** What the steps cannot take unless the machine is slow or busy; real templates take milliseconds. */
const LONGEST_EXECUTION_MS = 2000;

/**
 * The meter of one execution, or of several that answer one request.
 * @param now milliseconds of a clock that never goes back
 */
export function executionMeter(now?: () => number): WorkMeter {
  const limits = { steps: MAX_STEPS, bytes: MAX_TEXT_BYTES, milliseconds: LONGEST_EXECUTION_MS };
  return new WorkMeter(limits, now);
}
