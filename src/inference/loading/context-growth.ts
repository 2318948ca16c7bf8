/** Decides how long a context a prompt needs. Pure: numbers in, a number out. */

/**
 * Tokens kept for the answer where the request does not limit it. Half of them hold an answer of an agent's turn with its
 * calls; more would double the memory of many prompts.
 */
export const ANSWER_RESERVE = 2048;
/** llama.cpp rounds contexts up to a multiple of this. */
const CONTEXT_STEP = 256;

/** Limits of the context of one run, in tokens. */
export interface GrowthLimits {
  /** What a slot of the loaded model holds. */
  readonly loaded: number;
  /** What the model was trained for and the settings allow. */
  readonly longest: number;
  /** Whether a context of this length fits into memory, as far as can be known. */
  readonly fits: (contextLength: number) => boolean;
}

export interface GrowthNeed {
  readonly promptTokens: number;
  /** The most that the answer may have; undefined = the request does not limit it. */
  readonly answerTokens: number | undefined;
}

/**
 * The longest context that a run can get, in tokens: the longest allowed one, or half, a quarter, … of it, where memory is
 * short. At least the loaded one.
 */
export function longestContext({ loaded, longest, fits }: GrowthLimits): number {
  for (let length = longest; length > loaded; length = halfOf(length)) if (fits(length)) return length;
  return loaded;
}

/**
 * The context to load for a prompt that does not fit: the next power of two that holds prompt and answer, which leaves
 * room for the turns to come; where memory is short, no more than both need; and where even that does not fit, as much as
 * possible, so that less is cut.
 * @returns undefined if the loaded context holds the prompt, or no longer one is to be had
 */
export function grownContext(
  { promptTokens, answerTokens = ANSWER_RESERVE }: GrowthNeed,
  { loaded, longest, fits }: GrowthLimits,
): number | undefined {
  if (promptTokens < loaded) return undefined;
  const needed = promptTokens + Math.max(1, answerTokens);
  const roomy = Math.min(longest, 2 ** Math.ceil(Math.log2(needed)));
  const exact = Math.min(longest, Math.ceil(needed / CONTEXT_STEP) * CONTEXT_STEP);
  for (const length of new Set([roomy, exact])) if (length > loaded && fits(length)) return length;
  for (let length = halfOf(roomy); length > loaded; length = halfOf(length)) if (fits(length)) return length;
  return undefined;
}

function halfOf(length: number): number {
  return Math.floor(length / 2);
}
