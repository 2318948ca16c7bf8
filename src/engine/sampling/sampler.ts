import { OllamaError } from '../../base/errors.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import type { Pointer } from '../native/bindings.ts';
import { compileGrammar } from './grammar.ts';
import { biasSampler, forbidding, resolveBiases } from './logit-biases.ts';
import { type SamplerChain, samplerChain } from './sampler-chain.ts';
import { LIKELIEST, type SamplerParts } from './sampler-parts.ts';

/** The samplers of one sequence, with an optional grammar. */
export class Sampler {
  readonly #parts: SamplerParts;
  readonly #samplers: SamplerChain;
  /** Masks all end-of-generation tokens. */
  readonly #endMask: Pointer | undefined;
  readonly #minTokens: number;
  readonly #grammar: Pointer | undefined;
  /** Tokens whose bias is -infinity. */
  readonly #never: ReadonlySet<number>;
  /** Tokens forbidden at a position, by the number of generated tokens before it. */
  readonly #forbidden = new Map<number, Set<number>>();
  #promptTail: readonly number[] = [];
  /** Number of tokens generated. */
  #count = 0;
  #hasSampled = false;

  /** @throws OllamaError `invalid-request` when the grammar does not parse or a bias names an unknown token */
  constructor(parts: SamplerParts, options: SamplingOptions, grammar?: string) {
    const { bindings, tokenizer, suppressed } = parts;
    const isEndless = options.ignoreEos === true;
    // A bias is quicker than a separate mask, but a grammar must be able to end.
    const ends = isEndless && grammar === undefined ? tokenizer.endTokens : [];
    const biases = [
      ...forbidding([...suppressed, ...ends]),
      ...resolveBiases(tokenizer, options.logitBias ?? []),
    ];
    this.#parts = parts;
    this.#grammar = grammar === undefined ? undefined : compileGrammar(bindings, tokenizer, grammar);
    this.#never = new Set(
      biases.flatMap(([token, bias]) => (bias === Number.NEGATIVE_INFINITY ? token : [])),
    );
    this.#samplers = samplerChain(parts, options, biases);
    this.#minTokens = isEndless ? Number.POSITIVE_INFINITY : (options.minTokens ?? 0);
    this.#endMask =
      this.#minTokens > 0 && ends.length === 0 && tokenizer.endTokens.length > 0
        ? biasSampler(bindings, tokenizer.size, forbidding(tokenizer.endTokens))
        : undefined;
  }

  /** Passes the prompt to the penalties, which keep as many of its last tokens as they look back. */
  acceptPrompt(prompt: readonly number[]): void {
    const { lookBack } = this.#samplers;
    this.#promptTail = lookBack === 0 ? [] : prompt.slice(-lookBack);
    this.#remember(this.#promptTail);
  }

  /**
   * Samples after the batch's token `index` and accepts the result.
   * @throws OllamaError `invalid-request` when biases, bans and grammar leave no token, `runner-failed` when the model
   * computed NaN
   */
  sample(index: number): number {
    this.#requireNumbers(index);
    const endMask = this.#count < this.#minTokens ? this.#endMask : undefined;
    let token = this.#sampleAllowed(endMask === undefined ? [] : [endMask], index);
    // A completed grammar allows only the end of generation, whatever `min_tokens` says.
    if (token === undefined && endMask !== undefined && this.#grammar !== undefined) {
      token = this.#sampleAllowed([], index);
    }
    if (token === undefined) {
      const message =
        'no token is possible: the grammar, "logit_bias" and "banned_strings" exclude all tokens; relax one of them';
      throw new OllamaError('invalid-request', message);
    }
    this.#count++;
    return token;
  }

  /** Accepts a token that was not sampled as the next one. */
  accept(token: number): void {
    this.#count++;
    this.#remember([token]);
    if (this.#grammar !== undefined) this.#parts.bindings.samplerAccept(this.#grammar, token);
  }

  /**
   * Steps back to these generated tokens, as if nothing had been sampled after them. The random state is not reset, so
   * the continuation differs.
   */
  rewind(generated: readonly number[]): void {
    const { bindings } = this.#parts;
    this.#count = generated.length;
    for (const position of this.#forbidden.keys()) {
      if (position > this.#count) this.#forbidden.delete(position);
    }
    const { history, lookBack } = this.#samplers;
    if (history !== undefined) {
      bindings.samplerReset(history);
      this.#remember([...this.#promptTail, ...generated].slice(-lookBack));
    }
    if (this.#grammar === undefined) return;
    bindings.samplerReset(this.#grammar);
    for (const token of generated) bindings.samplerAccept(this.#grammar, token);
  }

  /** Forbids tokens as the next one. They stay forbidden when the sequence comes back to this position by `rewind`. */
  forbid(tokens: readonly number[]): void {
    const forbidden = this.#forbidden.get(this.#count) ?? new Set();
    for (const token of tokens) forbidden.add(token);
    this.#forbidden.set(this.#count, forbidden);
  }

  free(): void {
    const { bindings } = this.#parts;
    bindings.samplerFree(this.#samplers.chain);
    for (const sampler of [this.#endMask, this.#grammar]) {
      if (sampler !== undefined) bindings.samplerFree(sampler);
    }
  }

  #remember(tokens: readonly number[]): void {
    const { history } = this.#samplers;
    if (history === undefined) return;
    for (const token of tokens) this.#parts.bindings.samplerAccept(history, token);
  }

  /** Like all methods that sample, returns undefined when no token is left. */
  #sampleAllowed(masks: readonly Pointer[], index: number): number | undefined {
    const forbidden = this.#forbidden.get(this.#count);
    if (forbidden === undefined) return this.#sampleBehind(masks, index);
    const { bindings, tokenizer } = this.#parts;
    const mask = biasSampler(bindings, tokenizer.size, forbidding(forbidden));
    try {
      const token = this.#sampleBehind([...masks, mask], index);
      return token === undefined || forbidden.has(token) ? undefined : token;
    } finally {
      bindings.samplerFree(mask);
    }
  }

  #sampleBehind(masks: readonly Pointer[], index: number): number | undefined {
    const { bindings, context } = this.#parts;
    const { chain } = this.#samplers;
    if (masks.length === 0 && this.#grammar === undefined) {
      const token = bindings.samplerSample(chain, context, index);
      return this.#never.has(token) ? undefined : token;
    }
    const token =
      this.#grammar === undefined
        ? this.#select(masks, chain, index)
        : this.#selectWithin(this.#grammar, masks, index);
    if (token === undefined) return undefined;
    this.#remember([token]);
    if (this.#grammar !== undefined) bindings.samplerAccept(this.#grammar, token);
    return token;
  }

  /**
   * Checking one sampled token is cheap and filtering the vocabulary is not, so the grammar filters only when the
   * sampled token does not match.
   */
  #selectWithin(grammar: Pointer, masks: readonly Pointer[], index: number): number | undefined {
    const { bindings, candidates, likeliest } = this.#parts;
    const { chain, weigh, draw, looksAt } = this.#samplers;
    const token = this.#select(masks, chain, index);
    const filter = (list: Pointer) => bindings.samplerApply(grammar, list);
    if (token !== undefined && candidates.allows(token, filter)) return token;
    if (looksAt <= LIKELIEST) {
      this.#apply([...masks, weigh, likeliest, grammar], index);
      if (candidates.remask() >= looksAt) {
        bindings.samplerApply(draw, candidates.pointer);
        return candidates.selected();
      }
    }
    return this.#select([...masks, grammar], chain, index);
  }

  #select(filters: readonly Pointer[], chain: Pointer, index: number): number | undefined {
    this.#apply([...filters, chain], index);
    return this.#parts.candidates.selected();
  }

  /** Applies samplers to the logits; the candidates hold the result. */
  #apply(samplers: readonly Pointer[], index: number): void {
    const { bindings, candidates, logits } = this.#parts;
    candidates.fill(logits.at(index));
    for (const sampler of samplers) bindings.samplerApply(sampler, candidates.pointer);
  }

  /**
   * Checks for NaN, which breaks the order that the samplers sort by. Weights with a bad row show it in the first
   * output, a failed computation in every logit.
   */
  #requireNumbers(index: number): void {
    const values = this.#parts.logits.at(index);
    const isBroken = this.#hasSampled ? Number.isNaN(values[0]) : values.includes(Number.NaN);
    this.#hasSampled = true;
    if (!isBroken) return;
    const message =
      'the model computed NaN instead of numbers: its weights or the KV cache type cannot be used';
    throw new OllamaError('runner-failed', message);
  }
}
