import { OllamaError } from '../../base/errors.ts';
import { type Metadata, metadataNumber } from '../../gguf/metadata.ts';

/** What the engine divides by, or takes the logarithm of; with 0 or less it computes no numbers. */
const positive = [
  'context_length',
  'rope.freq_base',
  'rope.freq_base_swa',
  'rope.scaling.factor',
  'rope.scaling.original_context_length',
  'attn_logit_softcapping',
  'final_logit_softcapping',
];

/** With less than 0, the engine ends its process. */
const notNegative = ['attention.layer_norm_rms_epsilon', 'attention.layer_norm_epsilon'];

/**
 * Checks values with which the engine loads a model and computes nothing of use.
 * @throws OllamaError `invalid-request` naming the key
 */
export function checkValues(metadata: Metadata, architecture: string): void {
  const number = (key: string) => metadataNumber(metadata, `${architecture}.${key}`) ?? 1;
  const key = positive.find((each) => number(each) <= 0) ?? notNegative.find((each) => number(each) < 0);
  if (key === undefined) return;
  const bound = positive.includes(key) ? 'must be larger than 0' : 'must not be negative';
  throw new OllamaError(
    'invalid-request',
    `the settings in config.json give the key "${architecture}.${key}" the value ${number(key)}, which ${bound}`,
  );
}
