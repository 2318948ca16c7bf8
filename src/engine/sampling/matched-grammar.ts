import type { Matcher } from '../matcher/matcher.ts';
import { MatcherLimit } from '../matcher/matcher-limit.ts';
import { compileGrammar } from './grammar.ts';
import {
  type ChoiceParts,
  fillCandidates,
  type GrammarChoice,
  type Selection,
  TURN_MS,
  takeTurn,
} from './grammar-choice.ts';
import { likeliestOf, likeliestToken } from './likeliest-tokens.ts';
import { NativeGrammar } from './native-grammar.ts';
import { LIKELIEST } from './sampler-parts.ts';

/** Tokens judged between two looks at the time that is spent; a hostile grammar needs milliseconds for each. */
const TOKENS_PER_LOOK = 16;

/**
 * Chooses with our own matcher. It draws from the same candidates as llama.cpp's sampler does, with the same random
 * numbers, so that both choose the same tokens; only it knows sooner which ones are allowed. Where the matcher gives up,
 * llama.cpp's sampler takes over.
 */
export class MatchedGrammar implements GrammarChoice {
  readonly #of: ChoiceParts;
  readonly #matcher: Matcher;
  /** Whether llama.cpp's sampler would ignore a limit of the grammar. */
  readonly #hasGreatBounds: boolean;
  /** Tokens accepted so far. */
  #tokens: number[] = [];
  /** Filters the whole vocabulary where that is needed, or takes over. */
  #native: NativeGrammar | undefined;
  #hasGivenUp = false;

  constructor(of: ChoiceParts, matcher: Matcher, hasGreatBounds: boolean) {
    this.#of = of;
    this.#matcher = matcher;
    this.#hasGreatBounds = hasGreatBounds;
  }

  async select(selection: Selection): Promise<number | undefined> {
    if (this.#hasGivenUp) return this.#standIn().select(selection);
    const drawn = this.#draw(selection);
    try {
      return await this.#selectAfter(drawn, selection);
    } catch (error) {
      this.#giveUp(error);
    }
    return this.#standIn().selectAfter(drawn, selection);
  }

  accept(token: number): void {
    this.#tokens.push(token);
    this.#native?.accept(token);
    if (this.#hasGivenUp) return;
    try {
      this.#matcher.accept(token);
    } catch (error) {
      this.#giveUp(error);
      this.#standIn();
    }
  }

  rewind(generated: readonly number[]): void {
    this.#tokens = [...generated];
    this.#native?.rewind(generated);
    if (this.#hasGivenUp) return;
    try {
      this.#matcher.rewind(generated);
    } catch (error) {
      this.#giveUp(error);
      this.#standIn();
    }
  }

  forcedText(): string {
    if (this.#hasGivenUp) return '';
    try {
      return this.#matcher.forcedText();
    } catch (error) {
      this.#giveUp(error);
      return '';
    }
  }

  free(): void {
    this.#native?.free();
  }

  async #selectAfter(drawn: number | undefined, selection: Selection): Promise<number | undefined> {
    if (drawn !== undefined && this.#matcher.allows(drawn)) return drawn;
    this.#of.budget.check();
    const few = this.#matcher.few();
    if (few !== undefined) return this.#drawFrom(few, selection);
    const isCut = this.#of.samplers.looksAt <= LIKELIEST;
    const likely = isCut ? this.#drawFromLikeliest(selection) : undefined;
    if (likely !== undefined) return likely;
    return this.#drawFromAll(selection);
  }

  /** Filters the whole vocabulary, at which llama.cpp is quicker. */
  async #drawFromAll(selection: Selection): Promise<number | undefined> {
    if (!this.#hasGreatBounds) return this.#standIn().selectFromAll(selection);
    let begun = performance.now();
    const all = await this.#matcher.all(async () => {
      if (performance.now() - begun < TURN_MS) return;
      await takeTurn(this.#of.budget, selection.isCanceled);
      begun = performance.now();
    });
    return this.#drawFrom(all, selection);
  }

  /** Draws without the grammar, unless only few tokens are allowed and the likeliest one is wanted. */
  #draw(selection: Selection): number | undefined {
    const { parts, samplers } = this.#of;
    const logits = parts.logits.at(selection.output);
    if (samplers.looksAt === 1 && selection.touched?.length === 0) {
      const few = this.#matcher.knownFew;
      return few === undefined ? likeliestToken(logits) : likeliestOf(logits, few);
    }
    fillCandidates(parts, selection, samplers.looksAt);
    for (const mask of selection.masks) parts.bindings.samplerApply(mask, parts.candidates.pointer);
    parts.bindings.samplerApply(samplers.chain, parts.candidates.pointer);
    return parts.candidates.selected();
  }

  /** @returns undefined when the draw depends on further tokens */
  #drawFromLikeliest(selection: Selection): number | undefined {
    const { bindings, candidates, likeliest, likeliestTokens } = this.#of.parts;
    const { weigh, draw, looksAt } = this.#of.samplers;
    // Of equal tokens the first one, as everywhere at temperature 0; sorting them would lose their order.
    const isOneWanted = looksAt === 1 && selection.touched !== undefined;
    fillCandidates(this.#of.parts, selection, LIKELIEST);
    for (const sampler of [...selection.masks, weigh, ...(isOneWanted ? [] : [likeliest])]) {
      bindings.samplerApply(sampler, candidates.pointer);
    }
    let checked = 0;
    candidates.keep((token) => {
      if (++checked % TOKENS_PER_LOOK === 0) this.#of.budget.check();
      return this.#matcher.allows(token);
    });
    if (candidates.remask() < looksAt) return undefined;
    bindings.samplerApply(draw, candidates.pointer);
    return candidates.selected(isOneWanted ? likeliestTokens.least : Number.NEGATIVE_INFINITY);
  }

  #drawFrom(tokens: Int32Array, { output, masks, touched }: Selection): number | undefined {
    const { bindings, candidates, logits } = this.#of.parts;
    const { samplers } = this.#of;
    const values = logits.at(output);
    if (samplers.looksAt === 1 && touched?.length === 0) return likeliestOf(values, tokens);
    if (tokens.length === 0) return undefined;
    candidates.fillWith(tokens, values);
    for (const sampler of [...masks, samplers.chain]) bindings.samplerApply(sampler, candidates.pointer);
    return candidates.selected();
  }

  /** @throws the error, unless it says that the matcher gives up */
  #giveUp(error: unknown): void {
    if (!(error instanceof MatcherLimit)) throw error;
    this.#hasGivenUp = true;
  }

  /** llama.cpp's sampler after the same tokens. */
  #standIn(): NativeGrammar {
    if (this.#native === undefined) {
      const { bindings, tokenizer } = this.#of.parts;
      this.#native = new NativeGrammar(this.#of, compileGrammar(bindings, tokenizer, this.#of.grammar));
      this.#native.rewind(this.#tokens);
    }
    return this.#native;
  }
}
