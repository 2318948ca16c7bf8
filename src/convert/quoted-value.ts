/** Characters of a value in a message. */
const MAX_LENGTH = 100;

/**
 * A value of a file as part of a message. Lists and objects are only named: they may be large, or nested so deeply that
 * writing them out overflows the stack.
 */
export function quotedValue(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
