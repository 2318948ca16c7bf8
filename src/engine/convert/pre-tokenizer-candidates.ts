import { createHash } from 'node:crypto';
import {
  distinctPreTokenizers,
  splitAlike,
} from '../../convert/tokenizer/pre-tokenizer/pre-tokenizer-groups.ts';
import {
  preTokenizerHashes,
  recognizedText,
} from '../../convert/tokenizer/pre-tokenizer/pre-tokenizer-hashes.ts';
import type { OriginalTokenizer } from '../../convert/tokenizer/vocabulary.ts';
import type { OriginalEncoder } from './original-encoder.ts';

/**
 * Names to try, the likeliest first: the one that the structure gives, then the one by which llama.cpp's converter knows the
 * tokens of a certain text, then those of all other ways of splitting. If the first two split texts alike, the converter's
 * name is taken, so that files are equal.
 */
export function preTokenizerCandidates(
  { preTokenizer: structural }: OriginalTokenizer,
  encoders: readonly OriginalEncoder[],
): readonly string[] {
  const recognized = encoders.flatMap((encoder) => recognizedName(encoder) ?? [])[0];
  const known = [structural, recognized].filter((name) => name !== undefined);
  const [first, second] = known;
  if (first !== undefined && second !== undefined && splitAlike(first, second)) known.reverse();
  return [...new Set([...known, ...distinctPreTokenizers])];
}

function recognizedName({ encodeWhole }: OriginalEncoder): string | undefined {
  const tokens = encodeWhole?.(recognizedText);
  // The converter hashes the list as Python prints it.
  return (
    tokens &&
    preTokenizerHashes[
      createHash('sha256')
        .update(`[${tokens.join(', ')}]`)
        .digest('hex')
    ]
  );
}

/** Names that fit some tokenizers better than the converter's; tried where the latter differs for some characters. */
const closerNames: Readonly<Record<string, readonly string[]>> = {
  // OpenAI's pattern keeps combining marks with their letters; the engine's usual form of it does not.
  'gpt-4o': ['granite-embed-multi-97m'],
  llama4: ['granite-embed-multi-97m'],
};

export function closerPreTokenizers(name: string): readonly string[] {
  return closerNames[name] ?? [];
}
