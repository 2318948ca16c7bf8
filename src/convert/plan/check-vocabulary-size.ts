import { OllamaError } from '../../base/errors.ts';
import { describeTensorData } from '../tensors/describe-tensor-data.ts';
import type { MappedTensor } from './map-tensors.ts';

/** Tensors with a row for each token. */
const perToken = ['token_embd.weight', 'output.weight'];

/**
 * The engine loads a model only if its embedding has a row for each token of the vocabulary.
 * @throws OllamaError `invalid-request`
 */
export function checkVocabularySize(tensors: readonly MappedTensor[], tokenCount: number): void {
  for (const { name, data } of tensors) {
    if (!perToken.includes(name)) continue;
    const [rows = 0] = describeTensorData(data).shape;
    if (rows === tokenCount) continue;
    throw new OllamaError(
      'invalid-request',
      `"${name}" has ${rows} rows, but the vocabulary has ${tokenCount} tokens: "vocab_size" in config.json or the tokenizer belongs to another model`,
    );
  }
}
