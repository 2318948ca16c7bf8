/** Limits on templates: they come from downloaded models, and other requests wait while one is executed. */
import { MIB } from '../base/units.ts';

/** UTF-16 units; the longest published templates have about twenty thousand. */
export const MAX_TEMPLATE_LENGTH = MIB;
/** Nested actions or parentheses; real templates stay below ten, and each level takes stack. */
export const MAX_NESTING = 100;
/** Evaluated nodes. A conversation of a thousand messages takes about a hundred thousand; a second allows a few million. */
export const MAX_STEPS = 4_000_000;
/** Levels of nested `{{template}}` actions; each level takes stack. */
export const MAX_TEMPLATE_DEPTH = 200;
/** UTF-16 units; more than any context can hold. */
export const MAX_OUTPUT_LENGTH = 64 * MIB;
