/**
 * The native samplers of one sequence, in llama.cpp's own order (`common/sampling.cpp`): biases, penalties, DRY,
 * top-n-sigma, top-k, typical, top-p, min-p, XTC, temperature, draw. Mirostat replaces everything between DRY and the
 * draw except the temperature. A temperature of 0 selects the likeliest token after the penalties.
 */
import { randomInt } from 'node:crypto';
import type { MirostatOptions, SamplingOptions } from '../../protocol/completion.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { biasSampler, type TokenBias } from './logit-biases.ts';
import type { SamplerParts } from './sampler-parts.ts';

/** At least one candidate survives each cut. */
const MIN_KEEP = 1;
/** llama.cpp interprets this seed as "a new one each time". */
const RANDOM_SEED = 2 ** 32 - 1;
/** Below this temperature the likeliest token always wins, and the logits divided by it exceed the range of float32. */
const MIN_TEMPERATURE = 1e-3;
/**
 * Drops tokens that can never be drawn (such as masked ones): a probability of 0 turns the entropy of typical and the
 * estimate of mirostat into NaN.
 */
const POSSIBLE = 1e-30;
/** Number of tokens that mirostat estimates its exponent from, as in its paper. */
const MIROSTAT_TOKENS = 100;

export interface SamplerChain {
  /** `weigh`, then `draw`. */
  readonly chain: Pointer;
  /** Changes the logits of single tokens. */
  readonly weigh: Pointer;
  /** Cuts, then selects one token. */
  readonly draw: Pointer;
  /** Maximum number of the likeliest tokens after `weigh` that the draw depends on; infinite when there is no limit. */
  readonly looksAt: number;
  /** The samplers that remember tokens, as a chain inside `weigh`. */
  readonly history: Pointer | undefined;
  /** Maximum number of tokens that they remember. */
  readonly lookBack: number;
}

function createChain(bindings: Bindings, samplers: readonly Pointer[]): Pointer {
  const chain = bindings.chainCreate({ no_perf: true });
  for (const sampler of samplers) bindings.chainAdd(chain, sampler);
  return chain;
}

export function samplerChain(
  parts: SamplerParts,
  options: SamplingOptions,
  biases: readonly TokenBias[],
): SamplerChain {
  const { bindings, tokenizer } = parts;
  const { samplers, lookBack } = historySamplers(parts, options);
  const history = samplers.length === 0 ? undefined : createChain(bindings, samplers);
  const weigh = createChain(bindings, [
    ...(biases.length === 0 ? [] : [biasSampler(bindings, tokenizer.size, biases)]),
    ...(history === undefined ? [] : [history]),
  ]);
  const draw = createChain(bindings, drawingSamplers(parts, options));
  const chain = createChain(bindings, [weigh, draw]);
  return { chain, weigh, draw, looksAt: lookedAt(options), history, lookBack };
}

function lookedAt({ temperature, mirostat, topNSigma, topK }: SamplingOptions): number {
  if (temperature < MIN_TEMPERATURE) return 1;
  return mirostat || topNSigma !== undefined || topK <= 0 ? Number.POSITIVE_INFINITY : topK;
}

function historySamplers(
  parts: SamplerParts,
  options: SamplingOptions,
): { samplers: Pointer[]; lookBack: number } {
  const { bindings, tokenizer, contextLength, dryPrototypes } = parts;
  const { repeatPenalty, frequencyPenalty, presencePenalty, repeatLastN, dry } = options;
  const clamp = (tokens: number) => (tokens < 0 ? contextLength : Math.min(tokens, contextLength));
  const samplers: Pointer[] = [];
  const neutral = repeatPenalty === 1 && frequencyPenalty === 0 && presencePenalty === 0;
  const penaltiesLookBack = neutral ? 0 : clamp(repeatLastN);
  if (penaltiesLookBack > 0) {
    const { size } = tokenizer;
    samplers.push(
      bindings.penalties(size, penaltiesLookBack, repeatPenalty, frequencyPenalty, presencePenalty),
    );
  }
  const dryLookBack = dry ? clamp(dry.lastN) : 0;
  if (dry && dryLookBack > 0) samplers.push(dryPrototypes.create(dry, dryLookBack));
  return { samplers, lookBack: Math.max(penaltiesLookBack, dryLookBack) };
}

function drawingSamplers(parts: SamplerParts, options: SamplingOptions): Pointer[] {
  const { bindings, tokenizer } = parts;
  const { temperature, mirostat } = options;
  if (temperature < MIN_TEMPERATURE) return [bindings.greedy()];
  const seed = options.seed < 0 ? randomInt(RANDOM_SEED) : Math.min(options.seed, RANDOM_SEED - 1);
  if (mirostat) {
    return [
      bindings.minP(POSSIBLE, MIN_KEEP),
      bindings.temperature(temperature),
      mirostatSampler(bindings, tokenizer.size, mirostat, seed),
    ];
  }
  return [
    ...cuts(bindings, options),
    ...(options.xtc ? [bindings.xtc(options.xtc.probability, options.xtc.threshold, MIN_KEEP, seed)] : []),
    temperatureSampler(bindings, options),
    bindings.distribution(seed),
  ];
}

function cuts(bindings: Bindings, options: SamplingOptions): Pointer[] {
  const samplers: Pointer[] = [];
  if (options.topNSigma !== undefined) samplers.push(bindings.topNSigma(options.topNSigma));
  if (options.topK > 0) samplers.push(bindings.topK(options.topK));
  if (options.typicalP < 1) {
    samplers.push(bindings.minP(POSSIBLE, MIN_KEEP), bindings.typical(options.typicalP, MIN_KEEP));
  }
  if (options.topP < 1) samplers.push(bindings.topP(options.topP, MIN_KEEP));
  if (options.minP > 0) samplers.push(bindings.minP(options.minP, MIN_KEEP));
  return samplers;
}

function temperatureSampler(
  bindings: Bindings,
  { temperature, dynamicTemperature: dynamic }: SamplingOptions,
): Pointer {
  if (!dynamic) return bindings.temperature(temperature);
  const lowest = Math.max(MIN_TEMPERATURE, temperature - dynamic.range);
  const highest = temperature + dynamic.range;
  return bindings.dynamicTemperature((lowest + highest) / 2, (highest - lowest) / 2, dynamic.exponent);
}

function mirostatSampler(
  bindings: Bindings,
  vocabularySize: number,
  { version, tau, eta }: MirostatOptions,
  seed: number,
): Pointer {
  return version === 1
    ? bindings.mirostat(vocabularySize, seed, tau, eta, MIROSTAT_TOKENS)
    : bindings.mirostat2(seed, tau, eta);
}
