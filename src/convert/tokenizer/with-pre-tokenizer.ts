import type { GgufValue } from '../../gguf/types.ts';

const KEY = 'tokenizer.ggml.pre';

/** The same metadata with another pre-tokenizer. */
export function withPreTokenizer(
  metadata: readonly (readonly [string, GgufValue])[],
  name: string,
): (readonly [string, GgufValue])[] {
  return metadata.map((entry) => (entry[0] === KEY ? [KEY, { type: 'string', value: name }] : entry));
}
