/** Bounds on templates: they come with models, and a template is executed while other requests wait. */

/** UTF-16 units; the longest published templates have some twenty thousand. */
export const MAX_TEMPLATE_LENGTH = 1024 * 1024;
/** Open actions and parentheses at one place; real templates stay under ten, and each costs stack. */
export const MAX_NESTING = 100;
/** Nodes evaluated: a conversation of a thousand messages takes some hundred thousand, a second a few million. */
export const MAX_STEPS = 4_000_000;
/** `{{template}}` within `{{template}}`; each costs stack. */
export const MAX_TEMPLATE_DEPTH = 200;
/** UTF-16 units; more than any context holds. */
export const MAX_OUTPUT_LENGTH = 64 * 1024 * 1024;
