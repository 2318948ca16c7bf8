import type { Pointer } from '../native/bindings.ts';
import {
  applyTo,
  type ChoiceParts,
  type GrammarChoice,
  type Selection,
  TURN_MS,
  takeTurn,
} from './grammar-choice.ts';
import { LIKELIEST } from './sampler-parts.ts';

/** Tokens that a grammar judges in one call: a few milliseconds, or 50 with the most ambiguous grammar that is let in. */
const SLICE_TOKENS = 2048;

/** Chooses with llama.cpp's own sampler for grammars. */
export class NativeGrammar implements GrammarChoice {
  readonly #of: ChoiceParts;
  readonly #sampler: Pointer;

  /** @param sampler becomes owned by this object */
  constructor(of: ChoiceParts, sampler: Pointer) {
    this.#of = of;
    this.#sampler = sampler;
  }

  /**
   * Checking one sampled token is cheap and filtering the vocabulary is not, so the grammar filters only when the
   * sampled token does not match.
   */
  async select(selection: Selection): Promise<number | undefined> {
    const { parts, samplers } = this.#of;
    applyTo(parts, selection.output, [...selection.masks, samplers.chain]);
    return this.selectAfter(parts.candidates.selected(), selection);
  }

  /** @param drawn what was drawn without the grammar; undefined when nothing was possible */
  async selectAfter(drawn: number | undefined, selection: Selection): Promise<number | undefined> {
    const { parts, samplers, budget } = this.#of;
    const { bindings, candidates, likeliest } = parts;
    const { weigh, draw, looksAt } = samplers;
    if (drawn !== undefined && this.#allows(drawn)) return drawn;
    budget.check();
    if (looksAt <= LIKELIEST) {
      applyTo(parts, selection.output, [...selection.masks, weigh, likeliest]);
      await this.#filter(selection.isCanceled);
      if (candidates.remask() >= looksAt) {
        bindings.samplerApply(draw, candidates.pointer);
        return candidates.selected();
      }
    }
    return this.selectFromAll(selection);
  }

  /** Filters the whole vocabulary, then draws. */
  async selectFromAll({ output, masks, isCanceled }: Selection): Promise<number | undefined> {
    const { parts, samplers } = this.#of;
    applyTo(parts, output, masks);
    await this.#filter(isCanceled);
    parts.bindings.samplerApply(samplers.chain, parts.candidates.pointer);
    return parts.candidates.selected();
  }

  accept(token: number): void {
    this.#of.parts.bindings.samplerAccept(this.#sampler, token);
  }

  rewind(generated: readonly number[]): void {
    this.#of.parts.bindings.samplerReset(this.#sampler);
    for (const token of generated) {
      this.accept(token);
      this.#of.budget.check();
    }
  }

  forcedText(): string {
    return '';
  }

  free(): void {
    this.#of.parts.bindings.samplerFree(this.#sampler);
  }

  #allows(token: number): boolean {
    const { bindings, candidates } = this.#of.parts;
    return candidates.allows(token, (list) => bindings.samplerApply(this.#sampler, list));
  }

  /**
   * Masks the candidates that the grammar does not allow, some at a time: it judges each token by itself, and a call
   * over all of them could take seconds.
   */
  async #filter(isCanceled: () => boolean): Promise<void> {
    const { bindings, candidates } = this.#of.parts;
    let begun = performance.now();
    for (let from = 0; from < candidates.size; from += SLICE_TOKENS) {
      bindings.samplerApply(this.#sampler, candidates.slice(from, SLICE_TOKENS));
      if (performance.now() - begun < TURN_MS) continue;
      await takeTurn(this.#of.budget, isCanceled);
      begun = performance.now();
    }
  }
}
