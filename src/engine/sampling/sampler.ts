import { OllamaError } from '../../base/errors.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import type { Pointer } from '../native/bindings.ts';
import { compileGrammar } from './grammar.ts';
import { biasSampler, forbidding, resolveBiases } from './logit-biases.ts';
import { type SamplerChain, samplerChain } from './sampler-chain.ts';
import { LIKELIEST, type SamplerParts } from './sampler-parts.ts';
import type { SamplingBudget } from './sampling-budget.ts';

/** Tokens that a grammar judges in one call: a few milliseconds, or 50 with the most ambiguous grammar that is let in. */
const SLICE_TOKENS = 2048;
/** After this time the loop handles events, such as the leaving of the client, before it goes on. */
const TURN_MS = 50;

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
  readonly #budget: SamplingBudget;

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
    this.#budget = parts.createBudget();
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
   * Samples after the batch's token `index` and accepts the result. With a grammar, other events are handled in between
   * when it takes long.
   * @param isCanceled asked whenever events were handled
   * @throws OllamaError `invalid-request` when biases, bans and grammar leave no token, `overrun` when a grammar takes
   * too long, `canceled`, `runner-failed` when the model computed NaN
   */
  sample(index: number, isCanceled: () => boolean = () => false): number | Promise<number> {
    this.#requireNumbers(index);
    if (this.#grammar !== undefined) return this.#sampleByGrammar(this.#grammar, index, isCanceled);
    const endMask = this.#activeEndMask;
    const masks = endMask === undefined ? [] : [endMask];
    return this.#counted(this.#allowed(masks, (allMasks) => this.#sampleFreely(allMasks, index)));
  }

  /** Accepts a token that was not sampled as the next one. */
  accept(token: number): void {
    this.#count++;
    this.#remember([token]);
    if (this.#grammar === undefined) return;
    this.#budget.begin();
    this.#parts.bindings.samplerAccept(this.#grammar, token);
    this.#budget.check();
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
    this.#budget.begin();
    bindings.samplerReset(this.#grammar);
    for (const token of generated) {
      bindings.samplerAccept(this.#grammar, token);
      this.#budget.check();
    }
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

  get #activeEndMask(): Pointer | undefined {
    return this.#count < this.#minTokens ? this.#endMask : undefined;
  }

  #counted(token: number | undefined): number {
    if (token === undefined) {
      const message =
        'no token is possible: the grammar, "logit_bias" and "banned_strings" exclude all tokens; relax one of them';
      throw new OllamaError('invalid-request', message);
    }
    this.#count++;
    return token;
  }

  /** Like all methods that sample, returns undefined when no token is left. */
  #allowed(
    masks: readonly Pointer[],
    sample: (masks: readonly Pointer[]) => number | undefined,
  ): number | undefined {
    const forbidden = this.#forbidden.get(this.#count);
    if (forbidden === undefined) return sample(masks);
    const mask = this.#maskOf(forbidden);
    try {
      const token = sample([...masks, mask]);
      return token === undefined || forbidden.has(token) ? undefined : token;
    } finally {
      this.#parts.bindings.samplerFree(mask);
    }
  }

  #maskOf(tokens: Iterable<number>): Pointer {
    const { bindings, tokenizer } = this.#parts;
    return biasSampler(bindings, tokenizer.size, forbidding(tokens));
  }

  #sampleFreely(masks: readonly Pointer[], index: number): number | undefined {
    const { bindings, context } = this.#parts;
    const { chain } = this.#samplers;
    if (masks.length === 0) {
      const token = bindings.samplerSample(chain, context, index);
      return this.#never.has(token) ? undefined : token;
    }
    const token = this.#select(masks, chain, index);
    if (token !== undefined) this.#remember([token]);
    return token;
  }

  async #sampleByGrammar(grammar: Pointer, index: number, isCanceled: () => boolean): Promise<number> {
    this.#budget.begin();
    const forbidden = this.#forbidden.get(this.#count) ?? new Set<number>();
    const ban = forbidden.size === 0 ? undefined : this.#maskOf(forbidden);
    const bans = ban === undefined ? [] : [ban];
    const endMask = this.#activeEndMask;
    const select = async (masks: readonly Pointer[]) => {
      const token = await this.#selectWithin(grammar, masks, index, isCanceled);
      return token === undefined || forbidden.has(token) ? undefined : token;
    };
    try {
      let token = await select(endMask === undefined ? bans : [endMask, ...bans]);
      // A completed grammar allows only the end of generation, whatever `min_tokens` says.
      if (token === undefined && endMask !== undefined) token = await select(bans);
      const counted = this.#counted(token);
      this.#remember([counted]);
      this.#parts.bindings.samplerAccept(grammar, counted);
      this.#budget.check();
      return counted;
    } finally {
      if (ban !== undefined) this.#parts.bindings.samplerFree(ban);
    }
  }

  /**
   * Checking one sampled token is cheap and filtering the vocabulary is not, so the grammar filters only when the
   * sampled token does not match.
   */
  async #selectWithin(
    grammar: Pointer,
    masks: readonly Pointer[],
    index: number,
    isCanceled: () => boolean,
  ): Promise<number | undefined> {
    const { bindings, candidates, likeliest } = this.#parts;
    const { chain, weigh, draw, looksAt } = this.#samplers;
    const token = this.#select(masks, chain, index);
    const filter = (list: Pointer) => bindings.samplerApply(grammar, list);
    if (token !== undefined && candidates.allows(token, filter)) return token;
    this.#budget.check();
    if (looksAt <= LIKELIEST) {
      this.#apply([...masks, weigh, likeliest], index);
      await this.#filter(grammar, isCanceled);
      if (candidates.remask() >= looksAt) {
        bindings.samplerApply(draw, candidates.pointer);
        return candidates.selected();
      }
    }
    this.#apply(masks, index);
    await this.#filter(grammar, isCanceled);
    bindings.samplerApply(chain, candidates.pointer);
    return candidates.selected();
  }

  /**
   * Masks the candidates that the grammar does not allow, some at a time: it judges each token by itself, and a call
   * over all of them could take seconds.
   */
  async #filter(grammar: Pointer, isCanceled: () => boolean): Promise<void> {
    const { bindings, candidates } = this.#parts;
    let begun = performance.now();
    for (let from = 0; from < candidates.size; from += SLICE_TOKENS) {
      bindings.samplerApply(grammar, candidates.slice(from, SLICE_TOKENS));
      if (performance.now() - begun < TURN_MS) continue;
      this.#budget.check();
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (isCanceled()) throw new OllamaError('canceled', 'request canceled');
      begun = performance.now();
    }
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
