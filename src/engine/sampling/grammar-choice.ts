import { OllamaError } from '../../base/errors.ts';
import type { Pointer } from '../native/bindings.ts';
import type { Output } from './logits.ts';
import type { SamplerChain } from './sampler-chain.ts';
import { LIKELIEST, type SamplerParts } from './sampler-parts.ts';
import type { SamplingBudget } from './sampling-budget.ts';

/** After this time the loop handles events, such as the leaving of the client, before it goes on. */
export const TURN_MS = 50;

/** What a token is chosen from. */
export interface Selection {
  /** Where the logits are. */
  readonly output: Output;
  /** Samplers that forbid tokens, whatever the grammar says. */
  readonly masks: readonly Pointer[];
  /** All tokens whose logits the masks and the chain may change before they cut; undefined = too many to list. */
  readonly touched: readonly number[] | undefined;
  /** Asked whenever events were handled. */
  readonly isCanceled: () => boolean;
}

/** Chooses the tokens of one completion within a grammar. */
export interface GrammarChoice {
  /**
   * Draws a token without the grammar first, and within it only if the grammar does not allow that one.
   * @returns undefined when no token is possible
   * @throws OllamaError `overrun` when it takes too long, `canceled`
   */
  select(selection: Selection): Promise<number | undefined>;
  /** Goes on after this token. */
  accept(token: number): void;
  /** Steps back to these generated tokens. */
  rewind(generated: readonly number[]): void;
  /** The text that the grammar leaves no choice about, from here on; "" when that is not known. */
  forcedText(): string;
  free(): void;
}

/** What a choice shares with the sampler it belongs to. */
export interface ChoiceParts {
  readonly parts: SamplerParts;
  readonly samplers: SamplerChain;
  readonly budget: SamplingBudget;
  /** The grammar, as GBNF. */
  readonly grammar: string;
}

/**
 * Fills the candidates with those that a draw depends on, or with all. A draw from either gives the same token with the same
 * random numbers, unless two logits are exactly equal. Listing all takes longer than finding and drawing from the few.
 */
export function fillCandidates(
  { candidates, likeliestTokens, logits }: SamplerParts,
  { output, touched }: Pick<Selection, 'output' | 'touched'>,
  looksAt: number,
): void {
  const values = logits.at(output);
  if (touched === undefined || looksAt > LIKELIEST) candidates.fill(values);
  else candidates.fillWith(likeliestTokens.dependsOn(values, looksAt, touched), values);
}

/** Fills the candidates from the output and applies samplers to them. */
export function applyTo(
  { bindings, candidates, logits }: SamplerParts,
  output: Output,
  samplers: readonly Pointer[],
): void {
  candidates.fill(logits.at(output));
  for (const sampler of samplers) bindings.samplerApply(sampler, candidates.pointer);
}

/** Lets events be handled. */
export async function takeTurn(budget: SamplingBudget, isCanceled: () => boolean): Promise<void> {
  budget.check();
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (isCanceled()) throw new OllamaError('canceled', 'request canceled');
}
