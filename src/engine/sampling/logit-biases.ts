import { OllamaError } from '../../base/errors.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

/** A token and the number to add to its logit. */
export type TokenBias = readonly [token: number, bias: number];

/** Number of 32-bit fields in a `llama_logit_bias`: { int32 token; float bias }. */
const FIELDS_PER_BIAS = 2;

export function forbidding(tokens: Iterable<number>): TokenBias[] {
  return Array.from(tokens, (token) => [token, Number.NEGATIVE_INFINITY] as const);
}

/**
 * Resolves biases to tokens. Each token of a text gets the bias of that text.
 * @throws OllamaError `invalid-request` for a token that is not in the vocabulary
 */
export function resolveBiases(
  tokenizer: Tokenizer,
  biases: NonNullable<SamplingOptions['logitBias']>,
): TokenBias[] {
  return biases.flatMap(([key, value]) => {
    const bias = value === false ? Number.NEGATIVE_INFINITY : value;
    if (typeof key === 'string') {
      return tokenizer.tokenize(key, false, false).map((token) => [token, bias] as const);
    }
    if (!Number.isInteger(key) || key < 0 || key >= tokenizer.size) {
      const message = `option "logit_bias" names token ${key}, which is not in the vocabulary of ${tokenizer.size} tokens`;
      throw new OllamaError('invalid-request', message);
    }
    return [[key, bias] as const];
  });
}

/**
 * Creates a sampler that adds the biases. It must come first in a chain, while the candidates are still in the order of
 * their ids.
 */
export function biasSampler(
  bindings: Bindings,
  vocabularySize: number,
  biases: readonly TokenBias[],
): Pointer {
  const packed = new Int32Array(biases.length * FIELDS_PER_BIAS);
  const floats = new Float32Array(packed.buffer);
  for (const [index, [token, bias]] of biases.entries()) {
    packed[index * FIELDS_PER_BIAS] = token;
    floats[index * FIELDS_PER_BIAS + 1] = bias;
  }
  return bindings.logitBias(vocabularySize, biases.length, packed);
}
