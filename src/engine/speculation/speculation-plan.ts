/** Decides whether drafting pays, and how many tokens: pure functions of measured costs. */
import type { DecodeCost } from '../batching/decode-cost.ts';

/** A smaller gain than this is noise and does not justify the rejected work. */
const MIN_GAIN = 1.05;
/** Lengths that are tried; the source ends a draft earlier where it is not sure. */
const LENGTHS: readonly number[] = [1, 2, 3, 5, 7, 11, 15];

export interface SpeculationDemand {
  /** Number of sequences that decode in this step, drafting or not. */
  readonly decoding: number;
  /** Sequences that could draft. */
  readonly drafters: readonly { readonly acceptance: number; readonly most: number }[];
  /** Cost of the target's decodes. */
  readonly target: Pick<DecodeCost, 'expectedMs'>;
  readonly source: SourceCost;
  /** Maximum number of tokens whose logits one decode computes. */
  readonly outputs: number;
}

interface SourceCost {
  readonly cost: Pick<DecodeCost, 'expectedMs'>;
  readonly relativeCost: number;
}

/** When to draft. */
export interface SpeculationPlan {
  choose(demand: SpeculationDemand): SpeculationChoice;
  paysToCatchUp(demand: CatchUpDemand): boolean;
}

export interface SpeculationChoice {
  /** Number of tokens that each drafts; 0 = none. */
  readonly length: number;
  /** Expected speed with drafts, as a multiple of that without. */
  readonly gain: number;
}

/** Drafts where the measured costs and the share of right tokens say that it is faster. */
export const measuredPlan: SpeculationPlan = { choose: chooseDraft, paysToCatchUp };

/** Number of tokens that Ollama drafts. */
const FIXED_LENGTH = 4;
/** Any value above 1 says that drafting pays. */
const ASSUMED_GAIN = 2;

/** Always drafts, as Ollama does. */
export const fixedPlan: SpeculationPlan = {
  choose: ({ decoding, drafters, outputs }) => {
    const length = Math.min(FIXED_LENGTH, Math.floor((outputs - decoding) / Math.max(1, drafters.length)));
    return length > 0 && drafters.length > 0 ? { length, gain: ASSUMED_GAIN } : { length: 0, gain: 1 };
  },
  paysToCatchUp: () => true,
};

/** Milliseconds that the source takes for one token of each of so many sequences. */
export function sourceMs({ cost, relativeCost }: SourceCost, sequences: number, targetMs: number): number {
  return cost.expectedMs(sequences) || relativeCost * targetMs;
}

/**
 * The length with the highest expected speed: tokens gained per time, where one step computes the drafts one token after
 * another and then checks all of them in one decode.
 */
export function chooseDraft({
  decoding,
  drafters,
  target,
  source,
  outputs,
}: SpeculationDemand): SpeculationChoice {
  let best: SpeculationChoice = { length: 0, gain: 1 };
  const plainMs = target.expectedMs(decoding);
  if (plainMs === 0 || drafters.length === 0) return best;
  const draftMs = sourceMs(source, drafters.length, plainMs);
  for (const length of LENGTHS) {
    const lengths = drafters.map(({ most }) => Math.min(most, length));
    const checked = decoding + lengths.reduce((total, tokens) => total + tokens, 0);
    if (checked > outputs) break;
    const gained = drafters.reduce(
      (total, { acceptance }, index) => total + expectedTokens(acceptance, lengths[index] ?? 0),
      decoding,
    );
    const ms = target.expectedMs(checked) + Math.max(...lengths) * draftMs;
    const gain = (gained / ms) * (plainMs / decoding);
    if (gain > best.gain) best = { length, gain };
  }
  return best.gain > MIN_GAIN ? best : { length: 0, gain: best.gain };
}

/** Expected number of right tokens in a draft: p + … + p^length. */
function expectedTokens(acceptance: number, length: number): number {
  let expected = 0;
  let power = 1;
  for (let index = 0; index < length; index++) {
    power *= acceptance;
    expected += power;
  }
  return expected;
}

export interface CatchUpDemand {
  /** Number of tokens that the source has not computed yet. */
  readonly missing: number;
  /** Milliseconds for each of them. */
  readonly tokenMs: number;
  /** Expected gain once it has. */
  readonly gain: number;
  /** Number of tokens generated so far, and the most that may still come. */
  readonly generated: number;
  readonly remaining: number;
  /** Milliseconds of one of the target's decodes. */
  readonly plainMs: number;
}

/** Answers shorter than this are not worth a long prompt in a second model. */
const LEAST_EXPECTED_TOKENS = 32;

/**
 * Whether what drafting is expected to save exceeds the cost of computing the text so far in the source. A completion is
 * expected to be about as long again as it is.
 */
export function paysToCatchUp(demand: CatchUpDemand): boolean {
  const { missing, tokenMs, gain, generated, remaining, plainMs } = demand;
  if (gain <= MIN_GAIN) return false;
  const expected = Math.min(remaining, Math.max(LEAST_EXPECTED_TOKENS, generated));
  return missing * tokenMs <= expected * plainMs * (1 - 1 / gain);
}
