import { OllamaError } from '../../base/errors.ts';
import type { Standing } from './account.ts';

/** What is limited over time. */
export type Kind = 'requests' | 'tokens';

/** Why something is refused. */
export interface Refusal {
  readonly kind: Kind;
  /** The limit that is used up for the longest time. */
  readonly standing: Standing;
  readonly asked: number;
  /** Milliseconds until it would be granted, if the key uses nothing more; Infinity = never. */
  readonly waitMs: number;
  /** Whether it would be granted at once if running requests gave back everything that is reserved for them. */
  readonly isOnlyReserved: boolean;
}

/** The error that a refused request gets, with headers that say when to come back. */
export function rateLimited(keyName: string, { kind, standing, asked, waitMs }: Refusal): OllamaError {
  const { period, limit, used } = standing;
  const about = `the API key "${keyName}" may use ${limit} ${kind} per ${period}`;
  if (!Number.isFinite(waitMs)) {
    const message = `${about}, and this request alone needs ${asked}: shorten it, or ask for a higher limit`;
    return new OllamaError('rate-limited', message, { headers: neverHeaders });
  }
  const need = kind === 'tokens' ? `, ${used} of them are used, and this request needs ${asked}` : '';
  const message = `${about}${need}: try again in ${secondsOf(waitMs)} s`;
  return new OllamaError('rate-limited', message, { headers: retryHeaders(waitMs) });
}

/** The error for one more waiting request than a key may have. */
export function tooManyWaiting(keyName: string, waiting: number): OllamaError {
  const message = `the API key "${keyName}" has ${waiting} requests waiting for its limits already: try again later`;
  return new OllamaError('rate-limited', message, { headers: retryHeaders(LINE_RETRY_MS) });
}

/** By then a full line has usually moved on; nobody can know how long the running requests take. */
const LINE_RETRY_MS = 1000;
/** Both official client libraries obey it: OpenAI's and Anthropic's. */
const neverHeaders = { 'X-Should-Retry': 'false' };

/** Seconds are the unit of HTTP; the official client libraries prefer the exact header. */
function retryHeaders(waitMs: number): Readonly<Record<string, string>> {
  return { 'Retry-After': String(secondsOf(waitMs)), 'Retry-After-Ms': String(Math.ceil(waitMs)) };
}

/** Rounded up, so that whoever waits that long is not too early. */
function secondsOf(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
