import { Matchers } from '../matcher/matchers.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { CandidateList } from './candidate-list.ts';
import { DryPrototypes } from './dry-prototypes.ts';
import { LikeliestTokens } from './likeliest-tokens.ts';
import { Logits } from './logits.ts';
import { SamplingBudget } from './sampling-budget.ts';

/** What the samplers of all sequences of a context share. */
export interface SamplerParts {
  readonly bindings: Bindings;
  readonly context: Pointer;
  readonly tokenizer: Tokenizer;
  /** Tokens per sequence. */
  readonly contextLength: number;
  readonly logits: Logits;
  readonly candidates: CandidateList;
  readonly likeliestTokens: LikeliestTokens;
  readonly dryPrototypes: DryPrototypes;
  /** A sampler that keeps the `LIKELIEST` candidates. */
  readonly likeliest: Pointer;
  /** Our own matchers of grammars; absent = llama.cpp's sampler matches them. */
  readonly matchers?: Matchers;
  /** Tokens that are never generated, whatever the request. */
  readonly suppressed: readonly number[];
  /** The time that the samplers of one sequence may take. */
  readonly createBudget: () => SamplingBudget;
}

/** Number of tokens that a grammar is tried on before the whole vocabulary; several hundred times quicker. */
export const LIKELIEST = 256;

export function createSamplerParts(
  bindings: Bindings,
  context: Pointer,
  tokenizer: Tokenizer,
  contextLength: number,
  grammarMatcher: 'auto' | 'off' = 'auto',
): SamplerParts {
  return {
    bindings,
    context,
    tokenizer,
    contextLength,
    logits: new Logits(bindings, context, tokenizer.size),
    candidates: new CandidateList(tokenizer.size),
    likeliestTokens: new LikeliestTokens(),
    ...(grammarMatcher === 'auto' && { matchers: new Matchers(tokenizer) }),
    dryPrototypes: new DryPrototypes(bindings, tokenizer.vocabulary),
    likeliest: bindings.topK(LIKELIEST),
    suppressed: tokenizer.suppressedTokens(),
    createBudget: () => new SamplingBudget(),
  };
}
