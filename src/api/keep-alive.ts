import { z } from 'zod';
import { parseDuration } from '../base/duration.ts';
import { messageOf, OllamaError } from '../base/errors.ts';

export type KeepAlive = string | number;

/**
 * Parses `keep_alive`: a number of seconds, also as a text, or a Go duration. Negative means forever, 0 unloads after the
 * request.
 * @returns milliseconds (Infinity means forever), or undefined when absent or empty
 * @throws OllamaError `invalid-request`
 */
export function parseKeepAlive(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const milliseconds = toMilliseconds(value);
  return milliseconds < 0 ? Number.POSITIVE_INFINITY : milliseconds;
}

/** Front ends send the number that a user typed as a text. */
const numberText = /^[+-]?\d+(?:\.\d+)?$/;

function toMilliseconds(value: unknown): number {
  if (typeof value === 'number') return value * 1000;
  if (typeof value === 'string') return numberText.test(value) ? Number(value) * 1000 : parseDuration(value);
  const type = Array.isArray(value) ? 'array' : typeof value;
  throw new OllamaError('invalid-request', `Unsupported type: '${type}'`);
}

/** Checks the wire value without converting it. */
export const keepAliveSchema = z
  .custom<KeepAlive>()
  .superRefine((value, context) => {
    try {
      parseKeepAlive(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `keep_alive: ${messageOf(error)}` });
    }
  })
  .meta({
    type: ['string', 'number'],
    description:
      'A duration such as "5m", or a number of seconds, also as a text; negative keeps the model loaded forever',
  });
