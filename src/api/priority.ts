/** More levels than anyone needs, yet few enough that ageing in the queue soon makes up for the difference. */
export const MAX_PRIORITY = 10;

const namedPriorities: Readonly<Record<string, number>> = { low: -1, normal: 0, high: 1 };

/** What a priority may be, for error messages. */
export const priorityRange = `a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}, or low, normal or high`;

/** The number of a priority's text, such as "high" or "-2"; undefined if it is not one. */
export function parsePriority(text: string): number | undefined {
  const name = text.trim().toLowerCase();
  const value = Object.hasOwn(namedPriorities, name) ? namedPriorities[name] : Number(name || Number.NaN);
  return value !== undefined && Number.isInteger(value) && Math.abs(value) <= MAX_PRIORITY
    ? value
    : undefined;
}
