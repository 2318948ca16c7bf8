import { isJsonObject } from '../../../base/json-object.ts';
import type { GgufValue } from '../../../gguf/types.ts';
import { tokenizerLimits } from '../limits.ts';

/** What a normalizer does to letters, as llama.cpp's converter reads it. */
interface NormalizerFlags {
  lowercase?: boolean;
  stripAccents?: boolean;
}

/** The keys for a normalizer of tokenizer.json. */
export function normalizerMetadata(normalizer: unknown): (readonly [string, GgufValue])[] {
  const flags: NormalizerFlags = {};
  readFlags(normalizer, flags, 0);
  const { lowercase, stripAccents } = flags;
  const key = (name: string) => `tokenizer.ggml.normalizer.${name}`;
  return [
    ...(lowercase === undefined ? [] : [[key('lowercase'), { type: 'bool', value: lowercase }] as const]),
    ...(stripAccents === undefined
      ? []
      : [[key('strip_accents'), { type: 'bool', value: stripAccents }] as const]),
  ];
}

function readFlags(normalizer: unknown, flags: NormalizerFlags, depth: number): void {
  if (!isJsonObject(normalizer) || depth > tokenizerLimits.nesting) return;
  if (normalizer.type === 'Lowercase') flags.lowercase = true;
  else if (normalizer.type === 'StripAccents') flags.stripAccents = true;
  else if (normalizer.type === 'BertNormalizer') {
    if (typeof normalizer.lowercase === 'boolean') flags.lowercase = normalizer.lowercase;
    if (typeof normalizer.strip_accents === 'boolean') flags.stripAccents = normalizer.strip_accents;
  } else if (normalizer.type === 'Sequence' && Array.isArray(normalizer.normalizers)) {
    for (const step of normalizer.normalizers) readFlags(step, flags, depth + 1);
  }
}
