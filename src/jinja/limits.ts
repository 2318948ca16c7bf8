/** Limits on Jinja templates: they come from downloaded models, and other requests wait while one is rendered. */
import { KIB } from '../base/units.ts';

/** UTF-16 units; real templates stay below 30 KiB. */
export const MAX_TEMPLATE_LENGTH = 256 * KIB;
/** Nested tags, parentheses and members of members; real templates stay below twenty, and each level takes stack. */
export const MAX_NESTING = 100;
/** Calls within calls, such as macros that describe nested schemas; each takes stack. Python stops at about three hundred. */
export const MAX_CALL_DEPTH = 250;
/** Levels of nested values that are printed, compared or encoded; JSON in requests is limited to fewer. */
export const MAX_VALUE_DEPTH = 500;
/** Numbers in a `range`, as in jinja2's sandbox. */
export const MAX_RANGE = 100_000;
/** Binary digits of an integer; Python does not print larger ones either. */
export const MAX_INTEGER_BITS = 14_284;
/** Characters of a text that a template gives to `raise_exception` or `strftime_now`; more is a mistake. */
export const MAX_ARGUMENT_LENGTH = 2000;

/** Bytes of a value in a list or mapping, with its place there. */
export const ELEMENT_BYTES = 64;
/** Bytes of a character that is a value of its own for the length of a call. */
export const SPLIT_CHARACTER_BYTES = 32;
/** Changing or escaping a text takes as long as copying it this often. */
export const COPIES = 4;
/** Replacements that take as long as a step. */
export const REPLACEMENTS_PER_STEP = 2;
/** V8 finds a pattern of up to this length in linear time. */
export const SHORT_PATTERN = 256;
/** Characters of a text times those of a longer pattern: a tenth of a second. */
export const MAX_SEARCH = 2 ** 27;
