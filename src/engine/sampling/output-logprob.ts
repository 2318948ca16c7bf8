import type { CompletionLogprob, PromptLogprob, TokenLogprob } from '../../protocol/completion.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Logits, Output } from './logits.ts';
import { type RankedToken, rankTokens } from './logprobs.ts';

export interface OutputParts {
  readonly tokenizer: Tokenizer;
  readonly logits: Logits;
}

/** The log probability of a sampled token and its best alternatives. */
export function logprobOf(
  { tokenizer, logits }: OutputParts,
  output: Output,
  token: number,
  count: number,
): CompletionLogprob {
  const { chosen, top } = rankTokens(logits.at(output), token, count);
  return { ...describe(tokenizer, chosen), topLogprobs: top.map((ranked) => describe(tokenizer, ranked)) };
}

/** The first token of a prompt. */
export function firstLogprob({ tokenizer }: OutputParts, token: number): PromptLogprob {
  return { ...describe(tokenizer, { token, logprob: 0 }), logprob: null, topLogprobs: [] };
}

/** A row of a picture or of sound. */
export const rowLogprob: PromptLogprob = { token: '', bytes: [], logprob: null, topLogprobs: [] };

/** A token that nothing else could have been: it has no alternatives. */
export function certainLogprob({ tokenizer }: OutputParts, token: number): CompletionLogprob {
  return { ...describe(tokenizer, { token, logprob: 0 }), topLogprobs: [] };
}

function describe(tokenizer: Tokenizer, { token, logprob }: RankedToken): TokenLogprob {
  const bytes = Buffer.from(tokenizer.piece(token, true));
  return { token: bytes.toString('utf8'), logprob, bytes: [...bytes] };
}
