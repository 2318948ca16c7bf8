import { OllamaError } from '../../base/errors.ts';
import type { SamplingOptions } from '../../runner/protocol.ts';
import type { Pointer } from '../native/bindings.ts';
import { compileGrammar } from './grammar.ts';
import { biasSampler, forbidding, resolveBiases } from './logit-biases.ts';
import { createChain, samplerChain } from './sampler-chain.ts';
import type { SamplerParts } from './sampler-parts.ts';

/** The samplers of one sequence with an optional grammar beside them. */
export class Sampler {
  readonly #parts: SamplerParts;
  readonly #chain: Pointer;
  /** `#chain` behind a mask of all end-of-generation tokens. */
  readonly #endless: Pointer | undefined;
  readonly #minTokens: number;
  readonly #history: Pointer | undefined;
  readonly #lookBack: number;
  readonly #grammar: Pointer | undefined;
  /** Tokens whose bias is -infinity. */
  readonly #never: ReadonlySet<number>;
  /** Tokens forbidden at a position, by the count of generated tokens before it. */
  readonly #forbidden = new Map<number, Set<number>>();
  #promptTail: readonly number[] = [];
  /** Tokens generated. */
  #count = 0;
  #hasSampled = false;

  /** @throws OllamaError `invalid-request` when the grammar does not parse or a bias names an unknown token */
  constructor(parts: SamplerParts, options: SamplingOptions, grammar?: string) {
    const { bindings, tokenizer, suppressed } = parts;
    const biases = [...forbidding(suppressed), ...resolveBiases(tokenizer, options.logitBias ?? [])];
    this.#parts = parts;
    this.#grammar = grammar === undefined ? undefined : compileGrammar(bindings, tokenizer, grammar);
    this.#never = new Set(
      biases.flatMap(([token, bias]) => (bias === Number.NEGATIVE_INFINITY ? token : [])),
    );
    const { chain, history, lookBack } = samplerChain(parts, options, biases);
    this.#chain = chain;
    this.#history = history;
    this.#lookBack = lookBack;
    this.#minTokens = options.ignoreEos ? Number.POSITIVE_INFINITY : (options.minTokens ?? 0);
    this.#endless =
      this.#minTokens > 0 && tokenizer.endTokens.length > 0
        ? this.#masked(tokenizer.endTokens, chain)
        : undefined;
  }

  /** Tells the penalties of the tokens that were not sampled: the whole prompt, of which they take what they need. */
  acceptPrompt(prompt: readonly number[]): void {
    this.#promptTail = this.#lookBack === 0 ? [] : prompt.slice(-this.#lookBack);
    this.#remember(this.#promptTail);
  }

  /**
   * Samples after the batch's token `index` and accepts the result.
   * @throws OllamaError `runner-failed` when biases, bans and grammar leave no token, or the model computed none
   */
  sample(index: number): number {
    this.#requireNumbers(index);
    const endless = this.#count < this.#minTokens ? this.#endless : undefined;
    let token = this.#sampleAllowed(endless ?? this.#chain, index);
    // A grammar that is at its end allows nothing but the end, whatever `min_tokens` says.
    if (token === undefined && endless !== undefined && this.#grammar !== undefined) {
      token = this.#sampleAllowed(this.#chain, index);
    }
    if (token === undefined) {
      const message = 'no token is possible here: grammar, "logit_bias" and "banned_strings" leave none';
      throw new OllamaError('runner-failed', message);
    }
    this.#count++;
    return token;
  }

  /**
   * Steps back to these generated tokens, as if nothing had been sampled after them. The draws go on: what follows is
   * not the same again.
   */
  rewind(generated: readonly number[]): void {
    const { bindings } = this.#parts;
    this.#count = generated.length;
    for (const position of this.#forbidden.keys()) {
      if (position > this.#count) this.#forbidden.delete(position);
    }
    if (this.#history !== undefined) {
      bindings.samplerReset(this.#history);
      this.#remember([...this.#promptTail, ...generated].slice(-this.#lookBack));
    }
    if (this.#grammar === undefined) return;
    bindings.samplerReset(this.#grammar);
    for (const token of generated) bindings.samplerAccept(this.#grammar, token);
  }

  /** Forbids tokens as the next one. They stay so when the sequence comes back here by `rewind`. */
  forbid(tokens: readonly number[]): void {
    const forbidden = this.#forbidden.get(this.#count) ?? new Set();
    for (const token of tokens) forbidden.add(token);
    this.#forbidden.set(this.#count, forbidden);
  }

  free(): void {
    const { bindings } = this.#parts;
    bindings.samplerFree(this.#endless ?? this.#chain);
    if (this.#grammar !== undefined) bindings.samplerFree(this.#grammar);
  }

  #remember(tokens: readonly number[]): void {
    if (this.#history === undefined) return;
    for (const token of tokens) this.#parts.bindings.samplerAccept(this.#history, token);
  }

  #masked(tokens: Iterable<number>, chain: Pointer): Pointer {
    const { bindings, tokenizer } = this.#parts;
    return createChain(bindings, [biasSampler(bindings, tokenizer.size, forbidding(tokens)), chain]);
  }

  /** Each way of sampling gives undefined when no token is left. */
  #sampleAllowed(chain: Pointer, index: number): number | undefined {
    const forbidden = this.#forbidden.get(this.#count);
    if (forbidden === undefined) return this.#sampleFrom(chain, index);
    const { bindings } = this.#parts;
    const masked = this.#masked(forbidden, chain);
    try {
      const token = this.#sampleFrom(masked, index);
      return token === undefined || forbidden.has(token) ? undefined : token;
    } finally {
      // what remains is only the mask
      bindings.chainRemove(masked, 1);
      bindings.samplerFree(masked);
    }
  }

  #sampleFrom(chain: Pointer, index: number): number | undefined {
    const { bindings, context } = this.#parts;
    if (this.#grammar !== undefined) return this.#sampleWithin(this.#grammar, chain, index);
    const token = bindings.samplerSample(chain, context, index);
    return this.#never.has(token) ? undefined : token;
  }

  /** Checking one sampled token is cheap, filtering the vocabulary is not: so the grammar filters only on a miss. */
  #sampleWithin(grammar: Pointer, chain: Pointer, index: number): number | undefined {
    const { bindings, candidates, logits } = this.#parts;
    const filter = (list: Pointer) => bindings.samplerApply(grammar, list);
    const values = logits.at(index);
    candidates.fill(values);
    bindings.samplerApply(chain, candidates.pointer);
    let token = candidates.selected();
    if (token === undefined || !candidates.allows(token, filter)) {
      candidates.fill(values);
      filter(candidates.pointer);
      bindings.samplerApply(chain, candidates.pointer);
      token = candidates.selected();
    }
    if (token === undefined) return undefined;
    this.#remember([token]);
    bindings.samplerAccept(grammar, token);
    return token;
  }

  /**
   * NaN breaks the order that the samplers sort by. Weights with a bad row show it in the first output, a computation
   * that went wrong in every logit.
   */
  #requireNumbers(index: number): void {
    const values = this.#parts.logits.at(index);
    const isBroken = this.#hasSampled ? Number.isNaN(values[0]) : values.includes(Number.NaN);
    this.#hasSampled = true;
    if (!isBroken) return;
    const message = 'the model computed no numbers (NaN): its weights, or the KV cache type, are not usable';
    throw new OllamaError('runner-failed', message);
  }
}
