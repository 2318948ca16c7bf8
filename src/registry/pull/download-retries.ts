import { messageOf } from '../../base/errors.ts';
import { RegistryStatusError } from '../transport/status-error.ts';

/** Waits between attempts that received no byte: one minute in total, enough for a router to restart. */
const RETRY_DELAYS_MS = [1000, 2000, 4000, 8000, 16_000, 32_000] as const;
/** Longest wait that a registry may request. */
const MAX_RETRY_AFTER_MS = 60_000;

/** Temporary statuses: timeout, too early, too many requests. */
const passingStatuses = [408, 425, 429];

/** A body that ended too early, or another failure that may not recur. */
export class InterruptedError extends Error {}

/** The registry sent nothing for too long. */
export class SilenceError extends InterruptedError {
  constructor(cause: unknown) {
    super('the registry stopped responding', { cause });
  }
}

/** The registry no longer knows an upload, or has other bytes than we sent. */
export class SessionLostError extends InterruptedError {}

/** The registry answered a range request with the whole blob, or refused it. */
export class RangesIgnoredError extends Error {}

/** `fetch` reports every network failure as a TypeError with the system's error as its cause. */
export function isWorthRetrying(error: unknown): boolean {
  if (error instanceof RegistryStatusError)
    return error.registryStatus >= 500 || passingStatuses.includes(error.registryStatus);
  return error instanceof InterruptedError || (error instanceof TypeError && error.cause !== undefined);
}

/**
 * Milliseconds until the next attempt: the usual delay times a random factor from 0.5 to 1.5, so that many clients do
 * not return together; or what the registry requests; or none after silence, which was a wait already.
 * @param failures consecutive attempts without progress, before this one
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

/** Parses seconds or a date (RFC 9110 section 10.2.3). */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const asked = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(asked, 0), MAX_RETRY_AFTER_MS);
}

/** Returns the reason behind a failed `fetch`, whose own message is only "fetch failed". */
export function reasonOf(error: unknown): string {
  const cause = error instanceof TypeError ? error.cause : undefined;
  if (cause === undefined) return messageOf(error);
  return messageOf(cause instanceof AggregateError ? cause.errors[0] : cause);
}
