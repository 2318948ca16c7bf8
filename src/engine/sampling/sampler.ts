import { OllamaError } from '../../base/errors.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import type { Pointer } from '../native/bindings.ts';
import { createGrammarChoice } from './create-grammar-choice.ts';
import { fillCandidates, type GrammarChoice } from './grammar-choice.ts';
import { likeliestToken } from './likeliest-tokens.ts';
import { biasSampler, forbidding, resolveBiases } from './logit-biases.ts';
import { includesNaN, type Output } from './logits.ts';
import { type SamplerChain, samplerChain } from './sampler-chain.ts';
import { LIKELIEST, type SamplerParts } from './sampler-parts.ts';
import type { SamplingBudget } from './sampling-budget.ts';

/** Tokens whose logits may be changed one by one before the whole vocabulary is looked at instead. */
const MAX_TOUCHED = 512;

/** The samplers of one sequence, with an optional grammar. */
export class Sampler {
  readonly #parts: SamplerParts;
  readonly #samplers: SamplerChain;
  /** Masks all end-of-generation tokens. */
  readonly #endMask: Pointer | undefined;
  readonly #minTokens: number;
  readonly #grammar: GrammarChoice | undefined;
  /** Tokens with a bias. */
  readonly #biased: readonly number[];
  /** Tokens whose bias is -infinity. */
  readonly #never: ReadonlySet<number>;
  /** Tokens forbidden at a position, by the number of generated tokens before it. */
  readonly #forbidden = new Map<number, Set<number>>();
  #promptTail: readonly number[] = [];
  /** The last tokens that the penalties look at. */
  #recent: number[] = [];
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
    this.#biased = biases.map(([token]) => token);
    this.#never = new Set(
      biases.flatMap(([token, bias]) => (bias === Number.NEGATIVE_INFINITY ? token : [])),
    );
    this.#samplers = samplerChain(parts, options, biases);
    this.#minTokens = isEndless ? Number.POSITIVE_INFINITY : (options.minTokens ?? 0);
    this.#endMask =
      this.#minTokens > 0 && ends.length === 0 && tokenizer.endTokens.length > 0
        ? biasSampler(bindings, tokenizer.size, forbidding(tokenizer.endTokens))
        : undefined;
    this.#grammar = grammar === undefined ? undefined : this.#within(grammar);
  }

  /** Passes the prompt to the penalties, which keep as many of its last tokens as they look back. */
  acceptPrompt(prompt: readonly number[]): void {
    const { lookBack } = this.#samplers;
    this.#promptTail = lookBack === 0 ? [] : prompt.slice(-lookBack);
    this.#remember(this.#promptTail);
  }

  /**
   * Samples from the logits of an output and accepts the result. With a grammar, other events are handled in between
   * when it takes long.
   * @param isCanceled asked whenever events were handled
   * @throws OllamaError `invalid-request` when biases, bans and grammar leave no token, `overrun` when a grammar takes
   * too long, `canceled`, `runner-failed` when the model computed NaN
   */
  sample(output: Output, isCanceled: () => boolean = () => false): number | Promise<number> {
    this.#requireNumbers(output);
    if (this.#grammar !== undefined) return this.#sampleByGrammar(this.#grammar, output, isCanceled);
    const endMask = this.#activeEndMask;
    const masks = endMask === undefined ? [] : [endMask];
    return this.#counted(this.#allowed(masks, (allMasks) => this.#sampleFreely(allMasks, output)));
  }

  /** Accepts a token that was not sampled as the next one. */
  accept(token: number): void {
    this.#count++;
    this.#remember([token]);
    if (this.#grammar === undefined) return;
    this.#budget.begin();
    this.#grammar.accept(token);
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
      this.#recent = [];
      this.#remember([...this.#promptTail, ...generated].slice(-lookBack));
    }
    if (this.#grammar === undefined) return;
    this.#budget.begin();
    this.#grammar.rewind(generated);
  }

  /**
   * The text that the grammar leaves no choice about, from here on: whatever is sampled next, the completion goes on with
   * it. "" when there is a choice, no grammar, or a grammar that only llama.cpp can match.
   */
  forcedText(): string {
    return this.#grammar?.forcedText() ?? '';
  }

  /** Whether no bias forbids a token altogether. */
  mayAppear(token: number): boolean {
    return !this.#never.has(token);
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
    if (this.#endMask !== undefined) bindings.samplerFree(this.#endMask);
    this.#grammar?.free();
  }

  /** @throws OllamaError `invalid-request` when the grammar does not parse */
  #within(grammar: string): GrammarChoice {
    try {
      return createGrammarChoice({
        parts: this.#parts,
        samplers: this.#samplers,
        budget: this.#budget,
        grammar,
      });
    } catch (error) {
      this.free();
      throw error;
    }
  }

  #remember(tokens: readonly number[]): void {
    const { history } = this.#samplers;
    if (history === undefined) return;
    for (const token of tokens) this.#parts.bindings.samplerAccept(history, token);
    this.#note(tokens);
  }

  /** Keeps the tokens that the penalties look at. */
  #note(tokens: readonly number[]): void {
    const { lookBack } = this.#samplers;
    if (lookBack === 0) return;
    this.#recent.push(...tokens);
    if (this.#recent.length > 2 * lookBack) this.#recent = this.#recent.slice(-lookBack);
  }

  /** See `Output`. */
  #touched(masked: Iterable<number>): readonly number[] | undefined {
    const { lookBack } = this.#samplers;
    const recent = lookBack === 0 ? [] : this.#recent.slice(-lookBack);
    const touched = new Set([...this.#biased, ...recent, ...masked]);
    return touched.size > MAX_TOUCHED ? undefined : [...touched];
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

  #sampleFreely(masks: readonly Pointer[], output: Output): number | undefined {
    const { chain, looksAt } = this.#samplers;
    const touched = looksAt <= LIKELIEST ? this.#touched(this.#masked) : undefined;
    if (touched === undefined && masks.length === 0 && typeof output === 'number') {
      return this.#sampleNatively(output);
    }
    const token =
      looksAt === 1 && touched?.length === 0
        ? likeliestToken(this.#parts.logits.at(output))
        : this.#select([...masks, chain], { output, touched });
    if (token !== undefined) this.#remember([token]);
    return token;
  }

  /** The library lists the whole vocabulary sooner than we do. */
  #sampleNatively(output: number): number | undefined {
    const { bindings, context } = this.#parts;
    const token = bindings.samplerSample(this.#samplers.chain, context, output);
    this.#note([token]);
    return this.#never.has(token) ? undefined : token;
  }

  /** Tokens that the masks forbid at this position. */
  get #masked(): Iterable<number> {
    const ends = this.#activeEndMask === undefined ? [] : this.#parts.tokenizer.endTokens;
    const forbidden = this.#forbidden.get(this.#count);
    return forbidden ? [...ends, ...forbidden] : ends;
  }

  async #sampleByGrammar(grammar: GrammarChoice, output: Output, isCanceled: () => boolean): Promise<number> {
    this.#budget.begin();
    const forbidden = this.#forbidden.get(this.#count) ?? new Set<number>();
    const ban = forbidden.size === 0 ? undefined : this.#maskOf(forbidden);
    const bans = ban === undefined ? [] : [ban];
    const endMask = this.#activeEndMask;
    const select = async (masks: readonly Pointer[], masked: Iterable<number>) => {
      const touched = this.#touched(masked);
      const token = await grammar.select({ output, masks, touched, isCanceled });
      return token === undefined || forbidden.has(token) ? undefined : token;
    };
    try {
      const ends = endMask === undefined ? [] : this.#parts.tokenizer.endTokens;
      let token = await select(endMask === undefined ? bans : [endMask, ...bans], [...ends, ...forbidden]);
      // A completed grammar allows only the end of generation, whatever `min_tokens` says.
      if (token === undefined && endMask !== undefined) token = await select(bans, forbidden);
      const counted = this.#counted(token);
      this.#remember([counted]);
      grammar.accept(counted);
      this.#budget.check();
      return counted;
    } finally {
      if (ban !== undefined) this.#parts.bindings.samplerFree(ban);
    }
  }

  #select(
    samplers: readonly Pointer[],
    selection: { output: Output; touched: readonly number[] | undefined },
  ): number | undefined {
    const { bindings, candidates } = this.#parts;
    fillCandidates(this.#parts, selection, this.#samplers.looksAt);
    for (const sampler of samplers) bindings.samplerApply(sampler, candidates.pointer);
    return candidates.selected();
  }

  /**
   * Checks for NaN, which breaks the order that the samplers sort by. Weights with a bad row show it in the first
   * output, a failed computation in every logit.
   */
  #requireNumbers(output: Output): void {
    const values = this.#parts.logits.at(output);
    const isBroken = this.#hasSampled ? Number.isNaN(values[0]) : includesNaN(values);
    this.#hasSampled = true;
    if (!isBroken) return;
    const message =
      'the model computed NaN instead of numbers: its weights or the KV cache type cannot be used';
    throw new OllamaError('runner-failed', message);
  }
}
