import { parseDuration } from '../base/duration.ts';
import { OllamaError } from '../base/errors.ts';

const DAY_MS = 86_400_000;
const daysByUnit: Readonly<Record<string, number>> = { d: 1, w: 7, y: 365 };
/** Nobody waits longer for the end of a key; a date beyond the year 9999 has another form. */
const MAX_DURATION_MS = 100 * 365 * DAY_MS;

/**
 * Parses a duration such as "12h", "30d", "2w" or "1y".
 * @returns milliseconds
 * @throws OllamaError `invalid-request`
 */
export function parseLongDuration(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([dwy])$/.exec(text.trim()) ?? [];
  const days = daysByUnit[unit] ?? Number.NaN;
  const milliseconds = number === undefined ? parseDuration(text.trim()) : Number(number) * days * DAY_MS;
  if (milliseconds > 0 && milliseconds <= MAX_DURATION_MS) return milliseconds;
  throw new OllamaError(
    'invalid-request',
    `${JSON.stringify(text)} is not a duration such as "12h" or "30d"`,
  );
}

const datePattern = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/** Milliseconds since the epoch of "2030-01-31" or "2030-01-31T12:00:00Z"; undefined if it is not a time. */
function parseTime(text: string): number | undefined {
  if (!datePattern.test(text)) return undefined;
  const time = Date.parse(text.replace(' ', 'T'));
  return Number.isNaN(time) ? undefined : time;
}

/**
 * Parses the end of a key: a time, or a duration from now.
 * @param now milliseconds since the epoch
 * @returns milliseconds since the epoch
 * @throws OllamaError `invalid-request`
 */
export function parseExpiry(text: string, now: number): number {
  const time = parseTime(text.trim()) ?? now + durationOrExplain(text);
  if (time > now) return time;
  throw new OllamaError('invalid-request', `expires: ${JSON.stringify(text)} is in the past`);
}

function durationOrExplain(text: string): number {
  try {
    return parseLongDuration(text);
  } catch (error) {
    const message = `expires: ${JSON.stringify(text)} is neither a time such as "2030-01-31" nor a duration such as "30d"`;
    throw new OllamaError('invalid-request', message, { cause: error });
  }
}
