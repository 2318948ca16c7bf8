/** How long an answer the limits of tokens allow. */
import type { PeriodLimits } from './account.ts';

/** What a run needs, in tokens. */
export interface TokenNeed {
  readonly prompt: number;
  /** The most that the answer may have: what the request asks for, or else what the context leaves. */
  readonly answer: number;
  /** Whether the request, or its model, sets that maximum. */
  readonly isExplicit: boolean;
}

/** An answer of this many tokens is worth having even if the request would take more. */
const USEFUL_ANSWER = 1024;
/** With a low limit, a useful answer is a part of it: else one request would use up the whole. */
const USEFUL_PART = 1 / 4;

/**
 * The room for an answer with which a run begins at least; with less, it is refused until there is more. Whoever asks for no
 * more than this is never cut off by a limit.
 */
export function leastAnswer({ prompt, answer }: TokenNeed, limits: PeriodLimits): number {
  const limit = lowest(limits);
  const useful = Math.min(USEFUL_ANSWER, Math.ceil(limit * USEFUL_PART));
  // Of a prompt that takes nearly the whole limit, what remains must do.
  return Math.min(answer, Math.max(1, Math.min(useful, limit - prompt)));
}

/**
 * The room that an answer gets. A request that sets no maximum takes half of what is left at most, because it rarely needs
 * that much and gives it back late: the key's other requests run meanwhile.
 * @param left tokens that remain after the prompt; at least `leastAnswer`
 */
export function answerRoom(need: TokenNeed, limits: PeriodLimits, left: number): number {
  const share = need.isExplicit ? left : Math.floor(left / 2);
  return Math.min(need.answer, Math.max(share, leastAnswer(need, limits)));
}

/** Number of tokens of the longest prompt that could ever be admitted; Infinity without a limit. */
export function longestPrompt({ answer }: TokenNeed, limits: PeriodLimits): number {
  return Math.max(0, lowest(limits) - Math.min(answer, 1));
}

function lowest({ minute, day }: PeriodLimits): number {
  return Math.min(minute ?? Number.POSITIVE_INFINITY, day ?? Number.POSITIVE_INFINITY);
}
