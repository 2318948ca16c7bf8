import { isJsonObject } from '../../../base/json-object.ts';
import { tokenizerLimits } from '../limits.ts';
import type { TokenizerSteps } from '../tokenizer-json.ts';
import type { Normalization } from '../vocabulary.ts';

const forms = new Set(['NFC', 'NFD', 'NFKC', 'NFKD', 'Precompiled']);

/** What the steps of tokenizer.json do to a text that the engine may not do. */
export function describeNormalization(steps: TokenizerSteps | undefined): Normalization {
  const normalizers = flatten(steps?.normalizer, 'normalizers', 0);
  const preTokenizers = flatten(steps?.preTokenizer, 'pretokenizers', 0);
  return {
    composes: normalizers.some(({ type }) => typeof type === 'string' && forms.has(type)),
    stripsAccents: normalizers.some(({ type, strip_accents: strips, lowercase }) =>
      type === 'BertNormalizer' ? (strips ?? lowercase) === true : type === 'StripAccents',
    ),
    addsSpaceOnce: preTokenizers.some(
      ({ type, prepend_scheme: scheme }) => type === 'Metaspace' && scheme === 'first',
    ),
    keepsFirstSpace: preTokenizers.some(
      ({ type, prepend_scheme: scheme }) => type === 'Metaspace' && scheme !== 'never',
    ),
  };
}

function flatten(step: unknown, key: string, depth: number): Record<string, unknown>[] {
  if (!isJsonObject(step) || depth > tokenizerLimits.nesting) return [];
  const inner = step[key];
  return Array.isArray(inner) ? inner.flatMap((one: unknown) => flatten(one, key, depth + 1)) : [step];
}
