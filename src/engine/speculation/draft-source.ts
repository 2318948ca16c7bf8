import type { DecodeCost } from '../batching/decode-cost.ts';
import type { PrefillRate } from '../batching/prefill-rate.ts';
import type { FilledStep, PlacedEntry } from '../batching/step.ts';

/** A sequence for which tokens may be drafted. */
export interface DraftSubject {
  /** The slot of the target's context; the source has one sequence for each slot. */
  readonly slot: number;
  /** State computed for one salt is never used for another. */
  readonly salt: string;
  /** Prompt and completion; the draft continues after the last token. */
  readonly tokens: readonly number[];
}

export interface DraftWish extends DraftSubject {
  /** Maximum number of tokens to draft; > 0. */
  readonly most: number;
}

/** Anything that predicts the next tokens at a cost: a second model, or layers of the model made for that. */
export interface DraftSource {
  /** Measured cost of one of its decodes, by number of tokens. */
  readonly cost: DecodeCost;
  /** Measured speed at which it computes tokens that were not drafted. */
  readonly rate: PrefillRate;
  /** Expected cost of one of its decodes before the first measurement, as a fraction of a decode of the target. */
  readonly relativeCost: number;
  /** Whether it failed and drafts no more. */
  readonly isBroken: boolean;
  /**
   * Called before each call of the target.
   * @param isWatched whether drafts may be wanted for what it computes
   */
  beforeCall?(isWatched: boolean): void;
  /** Called after each call of the target that succeeded, before its results are applied. */
  afterCall?(step: FilledStep, watched: readonly PlacedEntry[]): Promise<void>;
  /** Number of tokens to compute before the first one can be drafted; undefined = it cannot draft here. */
  missing(subject: DraftSubject): number | undefined;
  /** Computes at most this many of the missing tokens, so that the streams need not wait. */
  catchUp(subject: DraftSubject, most: number): Promise<void>;
  /**
   * Drafts for all of these together. A draft ends early where the source is not sure of its next token.
   * @returns the drafts by slot; without those that are empty
   */
  draft(wishes: readonly DraftWish[]): Promise<ReadonlyMap<number, readonly number[]>>;
}
