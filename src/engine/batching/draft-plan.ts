/**
 * Decides how many tokens to draft. Checking drafts of k tokens costs one decode of k + 1 tokens per stream. It is worth
 * it only where the texts repeat themselves and a batch costs less than its tokens one by one.
 */
import type { DecodeCost } from './decode-cost.ts';
import type { DraftPolicy } from './draft-policy.ts';

/** Only a few lengths, so that the cost of each is measured soon; batches of 4, 8, 16, … suit the kernels. */
const LENGTHS: readonly number[] = [3, 7, 15, 31, 47, 63];
/** A smaller gain than this is noise and does not justify the rejected work. */
const MIN_GAIN = 1.1;
/**
 * A batch is at most so many times as large as the largest whose cost was measured, so that one wrong guess costs little;
 * the first one may have 8 tokens.
 */
const MAX_GROWTH = 4;
const FIRST_BATCH_TOKENS = 8;

/** A stream that decodes. */
export interface DraftDemand {
  readonly drafts: Pick<DraftPolicy, 'most' | 'predict' | 'expectedTokens'>;
  /** Prompt and completion so far. */
  readonly tokens: readonly number[];
  /** Maximum number of tokens of a draft that context and request have room for. */
  readonly room: number;
}

/** What a call may be. */
interface DraftLimit {
  /** Maximum number of tokens, with those before the drafts. */
  readonly tokens: number;
  /** Maximum expected duration. */
  readonly milliseconds: number;
}

/** A length that all streams may draft. */
interface Choice {
  readonly length: number;
  /** Duration of the step, in units of a step without drafts. */
  readonly duration: number;
}

/**
 * Drafts for all streams that a step decodes. Beside other streams, each stream drafts as many tokens as the others,
 * since llama.cpp would compute different lengths in several parts; and none drafts unless every one gains, since each
 * waits for the drafts of all.
 * @returns the draft of each stream; empty if there are none
 */
export function planDrafts(
  streams: readonly DraftDemand[],
  cost: DecodeCost,
  limit: DraftLimit,
): readonly (readonly number[])[] {
  const choices = possibleChoices(streams, cost, limit);
  const canGain = choices.some(({ length, duration }) => length + 1 > MIN_GAIN * duration);
  // A lone stream predicts even so, and learns from it.
  if (streams.length > 1 && !canGain) return [];
  const predictions: (readonly number[])[] = [];
  const worst = choices.map(() => Number.POSITIVE_INFINITY);
  const total = choices.map(() => 0);
  for (const { drafts, tokens } of streams) {
    const prediction = drafts.predict(tokens);
    if (prediction.length === 0) return [];
    predictions.push(prediction);
    const expected = drafts.expectedTokens();
    for (const [index, { length, duration }] of choices.entries()) {
      const gain = (expected[length] ?? 0) / duration;
      worst[index] = Math.min(worst[index] ?? 0, gain);
      total[index] = (total[index] ?? 0) + gain;
    }
  }
  cost.fade();
  const gains = choices.map((_, index) => ((worst[index] ?? 0) > MIN_GAIN ? (total[index] ?? 0) : 0));
  const best = Math.max(0, ...gains);
  const choice = best > 0 ? choices[gains.indexOf(best)] : undefined;
  return choice ? predictions.map((prediction) => prediction.slice(0, choice.length)) : [];
}

/** The lengths that every stream, the call and what is known of its cost allow. */
function possibleChoices(
  streams: readonly DraftDemand[],
  cost: DecodeCost,
  { tokens, milliseconds }: DraftLimit,
): Choice[] {
  const count = streams.length;
  if (count === 0) return [];
  const ofCall = Math.floor(tokens / count) - 1;
  const room = Math.min(ofCall, ...streams.map((stream) => Math.min(stream.room, stream.drafts.most)));
  const known = Math.max(FIRST_BATCH_TOKENS, MAX_GROWTH * cost.largestMeasured);
  const plain = cost.relative(count);
  return [...new Set(LENGTHS.map((length) => Math.min(length, room)))]
    .map((length) => ({ length, batch: count * (length + 1) }))
    .filter(({ length, batch }) => length > 0 && batch <= known && cost.expectedMs(batch) <= milliseconds)
    .map(({ length, batch }) => ({ length, duration: cost.relative(batch) / plain }));
}
