/** Replays texts through the drafting rules of the engine, with a cost of batches that is given instead of measured. */
import { DecodeCost } from '../../src/engine/batching/decode-cost.ts';
import { planDrafts } from '../../src/engine/batching/draft-plan.ts';
import { DraftPolicy, MAX_DRAFT_TOKENS } from '../../src/engine/batching/draft-policy.ts';

/** Cost of a decode of this many tokens, in units of a decode of one token. */
export type BatchCost = (tokens: number) => number;

/** A text whose first tokens are the prompt; the model will answer with the others. */
export interface ReplayedText {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
}

const SINGLE_MS = 10;

/** A cost that was measured for some batches, by number of tokens, and is interpolated between them. */
export function measuredCost(points: Readonly<Record<number, number>>): BatchCost {
  const known = Object.entries(points).map(([tokens, cost]) => [Number(tokens), cost] as const);
  return (tokens) => {
    const above = known.findIndex(([size]) => size >= tokens);
    const [size, cost] = known[above] ?? [Number.NaN, Number.NaN];
    const [sizeBelow, costBelow] = known[above - 1] ?? [size, cost];
    return size === tokens
      ? cost
      : costBelow + ((cost - costBelow) * (tokens - sizeBelow)) / (size - sizeBelow);
  };
}

/** Words, white space and signs, which are about as long as tokens. */
export function splitIntoTokens(texts: readonly string[]): number[][] {
  const numbers = new Map<string, number>();
  return texts.map((text) =>
    (text.match(/ ?[\p{L}_]{1,9}| ?\d{1,2}|\s+| ?[^\p{L}\d\s_]{1,2}/gu) ?? []).map((part) => {
      const number = numbers.get(part) ?? numbers.size;
      numbers.set(part, number);
      return number;
    }),
  );
}

interface Stream {
  readonly text: ReplayedText;
  readonly drafts: DraftPolicy;
  readonly tokens: number[];
}

/** Gives a stream the tokens that the model samples, as far as the draft agrees with them and for one token more. */
function advance({ text: { prompt, answer }, drafts, tokens }: Stream, draft: readonly number[]): void {
  for (let index = 0; index <= draft.length; index++) {
    const token = answer[tokens.length - prompt.length];
    if (token === undefined) return;
    drafts.observe(token);
    tokens.push(token);
    if (token !== draft[index]) return;
  }
}

/**
 * Replays texts that are answered side by side, all of equal length, until the first ends.
 * @returns how much quicker each stream was than without drafts
 */
export function replay(
  texts: readonly ReplayedText[],
  batchCost: BatchCost,
  cost = new DecodeCost(),
): number[] {
  const streams = texts.map((text) => ({
    text,
    drafts: new DraftPolicy(MAX_DRAFT_TOKENS),
    tokens: [...text.prompt],
  }));
  cost.record(1, SINGLE_MS);
  const left = ({ text: { prompt, answer }, tokens }: Stream) =>
    prompt.length + answer.length - tokens.length;
  let duration = 0;
  while (streams.every((stream) => left(stream) > 0)) {
    const demands = streams.map((stream) => ({ ...stream, room: left(stream) - 1 }));
    const plan = planDrafts(demands, cost, {
      tokens: MAX_DRAFT_TOKENS + 1,
      milliseconds: Number.POSITIVE_INFINITY,
    });
    const size = streams.length * (1 + (plan[0]?.length ?? 0));
    duration += batchCost(size);
    cost.record(size, SINGLE_MS * batchCost(size));
    for (const [index, stream] of streams.entries()) advance(stream, plan[index] ?? []);
  }
  return streams.map(
    ({ text: { prompt }, tokens }) =>
      ((tokens.length - prompt.length) * batchCost(streams.length)) / duration,
  );
}
