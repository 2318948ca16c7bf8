/** Whether a request that both this server and an upstream could answer stays here: a pure function of what is known. */

/** What is known of the line of a model here. */
export interface QueueFacts {
  /** Whether the model is stored here. */
  readonly isStored: boolean;
  /** Whether it can be loaded, if need be after others have been unloaded. */
  readonly fits: boolean;
  /** Number of waiting requests that are served before a new one. */
  readonly ahead: number;
  /** Number of its slots that are free; 0 = none, or it is not loaded. */
  readonly freeSlots: number;
  /** Number of requests that it answers at a time; 0 = it is not loaded. */
  readonly slots: number;
  /** How long the request that waits longest for it has waited, in milliseconds. */
  readonly oldestWaitMs: number;
  /** How long an answer of the model takes as a rule, in milliseconds; undefined = not known yet. */
  readonly usualRunMs: number | undefined;
}

export type Way = { readonly to: 'here' } | { readonly to: 'upstream'; readonly reason: OverflowReason };
type OverflowReason = 'not here' | 'does not fit' | 'line too long';

const here: Way = { to: 'here' };

/** @param overflowMs how long the line may be */
export function chooseWay(facts: QueueFacts, overflowMs: number): Way {
  if (!facts.isStored) return { to: 'upstream', reason: 'not here' };
  if (!facts.fits) return { to: 'upstream', reason: 'does not fit' };
  return expectedWaitMs(facts) > overflowMs ? { to: 'upstream', reason: 'line too long' } : here;
}

/**
 * How long a new request would wait for a slot. The line moves by one whenever one of the slots becomes free, which they do
 * one after another.
 */
export function expectedWaitMs({ ahead, freeSlots, slots, oldestWaitMs, usualRunMs }: QueueFacts): number {
  if (ahead < freeSlots) return 0;
  const moves = ahead - freeSlots + 1;
  const guessed = usualRunMs === undefined || slots === 0 ? 0 : (moves * usualRunMs) / slots;
  // Whoever comes later does not wait less than the first of the line has waited.
  return Math.max(guessed, ahead > 0 ? oldestWaitMs : 0);
}
