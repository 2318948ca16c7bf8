/** What follows from the reply to a line. */

/** What the server says: try again later. */
const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;
/** What is nobody's fault, such as an engine that ended: tried again, but not forever. */
const SERVER_ERROR = 500;

/** Attempts at a line that ends with an error of the server. */
const MAX_ATTEMPTS = 3;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
/** Doublings of the first wait that reach the longest one. */
const MAX_DOUBLINGS = 7;

export interface Attempted {
  readonly status: number;
  /** Seconds that the reply asks to wait; absent = it does not say. */
  readonly retryAfterS?: number | undefined;
  /** Attempts at the line that failed by the server, with this one. */
  readonly failures: number;
  /** Refusals in a row, of whatever line, with this one. */
  readonly refusals: number;
}

export type NextStep =
  | { readonly type: 'write' }
  /** The line is sent again; `pausesAll` = and no line is sent before. */
  | { readonly type: 'again'; readonly waitMs: number; readonly pausesAll: boolean };

/** Refusals are repeated until the batch expires: a busy server, and the limits of a key, let a line wait, not fail. */
export function afterReply({ status, retryAfterS, failures, refusals }: Attempted): NextStep {
  if (status === TOO_MANY_REQUESTS || status === UNAVAILABLE) {
    const asked = (retryAfterS ?? 0) * 1000;
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(asked, backOff(refusals)));
    return { type: 'again', waitMs, pausesAll: true };
  }
  if (status >= SERVER_ERROR && failures < MAX_ATTEMPTS) {
    return { type: 'again', waitMs: backOff(failures), pausesAll: false };
  }
  return { type: 'write' };
}

function backOff(attempts: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts, MAX_DOUBLINGS));
}
