import { messageOf } from '../../base/errors.ts';
import { RegistryStatusError } from '../transport/connection.ts';

/** Waits between tries that brought no byte: a minute in all, long enough for a router to come back. */
const RETRY_DELAYS_MS = [1000, 2000, 4000, 8000, 16_000, 32_000] as const;
/** Longest wait that a registry may ask for. */
const MAX_RETRY_AFTER_MS = 60_000;

/** Statuses that say "not now": timeout, too early, too many requests. */
const passingStatuses = [408, 425, 429];

/** A body that ended before it should, and whatever else may go better the next time. */
export class InterruptedError extends Error {}

/** The registry said nothing for too long. */
export class SilenceError extends InterruptedError {
  constructor(cause: unknown) {
    super('the registry went silent', { cause });
  }
}

/** The registry no longer knows an upload, or has other bytes of it than we sent. */
export class SessionLostError extends InterruptedError {}

/** A registry that answered a request for a range with the whole blob, or not at all. */
export class RangesIgnoredError extends Error {}

/** `fetch` reports every network failure as a TypeError with the system's error as its cause. */
export function isWorthRetrying(error: unknown): boolean {
  if (error instanceof RegistryStatusError)
    return error.registryStatus >= 500 || passingStatuses.includes(error.registryStatus);
  return error instanceof InterruptedError || (error instanceof TypeError && error.cause !== undefined);
}

/**
 * Milliseconds until the next try, between half and one and a half times the usual, so that many clients do not come
 * back together; or as long as the registry asks for; none after silence, which has been a wait already.
 * @param failures tries in a row that brought nothing, before this one
 * @param random from 0 to 1
 * @returns undefined when it is time to give up
 */
export function retryDelay(
  failures: number,
  error: unknown,
  now: number,
  random: number,
): number | undefined {
  const delay = RETRY_DELAYS_MS[failures];
  if (delay === undefined) return undefined;
  if (error instanceof SilenceError) return 0;
  const asked = error instanceof RegistryStatusError ? retryAfterMs(error.retryAfter, now) : undefined;
  return asked ?? delay * (0.5 + random);
}

/** Seconds or a date (RFC 9110 section 10.2.3). */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const asked = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(asked, 0), MAX_RETRY_AFTER_MS);
}

/** Says what went wrong below `fetch`, which itself only says "fetch failed". */
export function reasonOf(error: unknown): string {
  const cause = error instanceof TypeError ? error.cause : undefined;
  if (cause === undefined) return messageOf(error);
  return messageOf(cause instanceof AggregateError ? cause.errors[0] : cause);
}
