import { createHash } from 'node:crypto';
import { OllamaError } from '../../base/errors.ts';
import type { Caller } from '../../inference/caller.ts';
import type { RequestContext } from '../server-parts.ts';
import { requestId } from './request-id.ts';
import { requestAbort } from './request-signal.ts';

/** More levels than anyone needs, yet few enough that ageing in the queue soon makes up for the difference. */
const MAX_PRIORITY = 10;
const namedPriorities: Readonly<Record<string, number>> = { low: -1, normal: 0, high: 1 };

/**
 * Identifies the caller of a request by address and, for clients behind a proxy, by credentials.
 * @throws OllamaError `invalid-request` for an invalid `X-Priority`
 */
export function requestCaller(context: RequestContext, abort = requestAbort(context)): Caller {
  const address = context.env?.incoming?.socket.remoteAddress ?? '';
  const credentials = context.req.header('Authorization') ?? context.req.header('X-Api-Key');
  const client = credentials === undefined ? address : `${address} ${fingerprint(credentials)}`;
  const priority = priorityOf(context.req.header('X-Priority'));
  return { signal: abort.signal, client, priority, requestId: requestId(context) };
}

/** Hashes credentials, so that keys are not kept longer than their request. */
function fingerprint(credentials: string): string {
  return createHash('sha256').update(credentials).digest('base64');
}

function priorityOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const name = text.trim().toLowerCase();
  const value = Object.hasOwn(namedPriorities, name) ? namedPriorities[name] : Number(name || Number.NaN);
  if (value !== undefined && Number.isInteger(value) && Math.abs(value) <= MAX_PRIORITY) return value;
  const range = `a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}, or low, normal or high`;
  throw new OllamaError('invalid-request', `invalid header X-Priority: must be ${range}`);
}
