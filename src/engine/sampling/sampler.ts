import { randomInt } from 'node:crypto';
import { OllamaError } from '../../base/errors.ts';
import type { SamplingOptions } from '../../runner/protocol.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import type { CandidateList } from './candidate-list.ts';

const SEED_LIMIT = 2 ** 32;
/** At least one candidate survives each cut. */
const MIN_KEEP = 1;

export interface SamplerParts {
  readonly bindings: Bindings;
  readonly context: Pointer;
  readonly vocabulary: Pointer;
  readonly vocabularySize: number;
  readonly contextLength: number;
  readonly candidates: CandidateList;
}

/** The samplers of one sequence, in llama.cpp's own order, with an optional grammar beside them. */
export class Sampler {
  readonly #parts: SamplerParts;
  readonly #chain: Pointer;
  readonly #grammar: Pointer | undefined;

  /** @throws OllamaError `invalid-request` when the grammar does not parse */
  constructor(parts: SamplerParts, options: SamplingOptions, grammar?: string) {
    this.#parts = parts;
    this.#grammar = grammar === undefined ? undefined : compileGrammar(parts, grammar);
    this.#chain = parts.bindings.chainCreate({ no_perf: true });
    for (const sampler of chainOf(parts, options)) parts.bindings.chainAdd(this.#chain, sampler);
  }

  /** Tells the penalties of a token that was not sampled (the prompt's). */
  acceptPrompt(tokens: readonly number[]): void {
    for (const token of tokens) this.#parts.bindings.samplerAccept(this.#chain, token);
  }

  /** Samples after the batch's token `index` and accepts the result. */
  sample(index: number): number {
    const { bindings, context } = this.#parts;
    if (this.#grammar === undefined) return bindings.samplerSample(this.#chain, context, index);
    const token = this.#sampleWithin(this.#grammar, index);
    bindings.samplerAccept(this.#chain, token);
    bindings.samplerAccept(this.#grammar, token);
    return token;
  }

  free(): void {
    this.#parts.bindings.samplerFree(this.#chain);
    if (this.#grammar !== undefined) this.#parts.bindings.samplerFree(this.#grammar);
  }

  /** Checking one sampled token is cheap, filtering the vocabulary is not: so the grammar filters only on a miss. */
  #sampleWithin(grammar: Pointer, index: number): number {
    const { bindings, context, candidates } = this.#parts;
    candidates.fill(bindings.logitsAt(context, index));
    bindings.samplerApply(this.#chain, candidates.pointer);
    const token = candidates.selected();
    if (candidates.allows(token, (pointer) => bindings.samplerApply(grammar, pointer))) return token;
    candidates.fill(bindings.logitsAt(context, index));
    bindings.samplerApply(grammar, candidates.pointer);
    bindings.samplerApply(this.#chain, candidates.pointer);
    return candidates.selected();
  }
}

function compileGrammar({ bindings, vocabulary }: SamplerParts, grammar: string): Pointer {
  const sampler = bindings.grammar(vocabulary, grammar, 'root');
  if (sampler === null) throw new OllamaError('invalid-request', 'the grammar does not parse');
  return sampler;
}

function chainOf(parts: SamplerParts, options: SamplingOptions): Pointer[] {
  const { bindings } = parts;
  const chain: Pointer[] = penaltiesOf(parts, options);
  if (options.temperature <= 0) return [...chain, bindings.greedy()];
  if (options.topK > 0) chain.push(bindings.topK(options.topK));
  if (options.typicalP < 1) chain.push(bindings.typical(options.typicalP, MIN_KEEP));
  if (options.topP < 1) chain.push(bindings.topP(options.topP, MIN_KEEP));
  if (options.minP > 0) chain.push(bindings.minP(options.minP, MIN_KEEP));
  const seed = options.seed < 0 ? randomInt(SEED_LIMIT) : options.seed % SEED_LIMIT;
  return [...chain, bindings.temperature(options.temperature), bindings.distribution(seed)];
}

function penaltiesOf(parts: SamplerParts, options: SamplingOptions): Pointer[] {
  const { repeatPenalty, frequencyPenalty, presencePenalty } = options;
  const lookBack = options.repeatLastN < 0 ? parts.contextLength : options.repeatLastN;
  const neutral = repeatPenalty === 1 && frequencyPenalty === 0 && presencePenalty === 0;
  if (neutral || lookBack === 0) return [];
  const { bindings, vocabularySize } = parts;
  return [bindings.penalties(vocabularySize, lookBack, repeatPenalty, frequencyPenalty, presencePenalty)];
}
