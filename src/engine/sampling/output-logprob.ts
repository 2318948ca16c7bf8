import { OllamaError } from '../../base/errors.ts';
import type { CompletionLogprob, TokenLogprob } from '../../runner/protocol.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { viewFloats } from '../native/native-memory.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { type RankedToken, rankTokens } from './logprobs.ts';

export interface OutputParts {
  readonly bindings: Bindings;
  readonly context: Pointer;
  readonly tokenizer: Tokenizer;
}

/** The log probability of a sampled token and its best alternatives. */
export function logprobOf(
  parts: OutputParts,
  outputIndex: number,
  token: number,
  count: number,
): CompletionLogprob {
  const { bindings, context, tokenizer } = parts;
  const pointer = bindings.logitsAt(context, outputIndex);
  if (pointer === null)
    throw new OllamaError('runner-failed', 'the engine gave no logits for a sampled token');
  const { chosen, top } = rankTokens(viewFloats(pointer, tokenizer.size), token, count);
  return { ...describe(tokenizer, chosen), topLogprobs: top.map((ranked) => describe(tokenizer, ranked)) };
}

function describe(tokenizer: Tokenizer, { token, logprob }: RankedToken): TokenLogprob {
  const bytes = Buffer.from(tokenizer.piece(token, true));
  return { token: bytes.toString('utf8'), logprob, bytes: [...bytes] };
}
