import { OllamaError } from '../../base/errors.ts';
import { requireByteTokens } from '../../convert/tokenizer/require-byte-tokens.ts';
import type { Vocabulary } from '../../convert/tokenizer/vocabulary.ts';
import { withPreTokenizer } from '../../convert/tokenizer/with-pre-tokenizer.ts';
import type { GgufValue } from '../../gguf/types.ts';
import type { Bindings } from '../native/bindings.ts';
import { type Comparison, compareTokenizers, type Difference } from './compare-tokenizers.ts';
import { originalEncoders } from './original-encoder.ts';
import { closerPreTokenizers, preTokenizerCandidates } from './pre-tokenizer-candidates.ts';
import { quotedText } from './quoted-text.ts';
import { loadVocabulary } from './vocabulary-model.ts';

export interface VocabularyCheck {
  readonly bindings: Bindings;
  /** Metadata of the file to be written; the engine reads more of it than the tokenizer's keys. */
  readonly metadata: readonly (readonly [string, GgufValue])[];
  readonly vocabulary: Vocabulary;
  /** Path of a temporary file, which is removed again. */
  readonly path: string;
}

export interface CheckedVocabulary {
  /** Name of the pre-tokenizer that gives the original's tokens; undefined where the vocabulary needs none. */
  readonly preTokenizer: string | undefined;
  /** Texts for which the engine differs from all tokenizers of this kind. */
  readonly warnings: readonly string[];
}

/**
 * Proves that the engine encodes texts as the original tokenizer does, and finds the name of the pre-tokenizer if it has one.
 * @throws OllamaError `invalid-request` naming a text and its tokens here and in the original
 */
export async function checkVocabulary(check: VocabularyCheck): Promise<CheckedVocabulary> {
  requireByteTokens(check.metadata);
  const { original } = check.vocabulary;
  const encoders = await originalEncoders(original);
  const compare = async (name: string | undefined): Promise<Comparison> => {
    const metadata = name === undefined ? check.metadata : withPreTokenizer(check.metadata, name);
    const loaded = await loadVocabulary(check.bindings, metadata, check.path);
    try {
      return compareTokenizers(loaded.tokenizer, encoders, check.vocabulary, name);
    } finally {
      loaded.free();
    }
  };
  if (original.kind !== 'byte-pairs') return accepted(await compare(undefined), undefined);
  let closest: Comparison | undefined;
  for (const name of preTokenizerCandidates(original, encoders)) {
    const comparison = await compare(name);
    if (!comparison.difference) return closerOf(comparison, name, compare);
    if (!closest || comparison.compared > closest.compared) closest = comparison;
  }
  throw refusal(closest?.difference);
}

/** Where the engine differs for some characters, another name may do better. */
async function closerOf(
  comparison: Comparison,
  name: string,
  compare: (name: string) => Promise<Comparison>,
): Promise<CheckedVocabulary> {
  const others = comparison.limited.size === 0 ? [] : closerPreTokenizers(name);
  for (const other of others) {
    const closer = await compare(other);
    if (!closer.difference && closer.limited.size === 0) return accepted(closer, other);
  }
  return accepted(comparison, name);
}

function accepted({ difference, limited }: Comparison, preTokenizer: string | undefined): CheckedVocabulary {
  if (difference) throw refusal(difference);
  const warnings = [...limited].map(
    ([{ words }, text]) =>
      `the engine gives other tokens than the original for ${words}: ${quotedText(text)}`,
  );
  return { preTokenizer, warnings };
}

function refusal(difference: Difference | undefined): OllamaError {
  const start = 'the tokenizer cannot be carried over';
  if (!difference) return new OllamaError('invalid-request', `${start}: the engine has none of its kind`);
  const { text, engine, original } = difference;
  const lists = `gives [${engine.join(', ')}] here and [${original.join(', ')}] in the original`;
  return new OllamaError('invalid-request', `${start}: ${quotedText(text)} ${lists}`);
}
