import type { Vocabulary } from '../tokenizer/vocabulary.ts';

/** Tokens that the engine looks up without checking when a name contains one of `marks`. */
const needed: readonly string[] = ['</s>', '<unk>', '<s>', '<|endoftext|>'];

/** Those of them behind which white space stays. */
const exempt: readonly string[] = ['<unk>', '<s>', '<|endoftext|>'];

/** What the engine searches a name for, in lower case. */
const marks: readonly string[] = ['phi-3', 'phi3'];

interface NamedVocabulary {
  /** Texts of the tokens, of which only some matter. */
  readonly tokens: ReadonlySet<string>;
  readonly addedTokens: Iterable<{ readonly text: string; readonly stripsRight: boolean }>;
}

/** What decides about a name. */
export function namedVocabulary({ metadata, original }: Vocabulary): NamedVocabulary {
  const list = new Map(metadata).get('tokenizer.ggml.tokens');
  const texts = list?.type === 'array' ? (list.value.values ?? []) : [];
  return {
    tokens: new Set(needed.filter((text) => texts.includes(text))),
    addedTokens: original.addedTokens.values(),
  };
}

/**
 * The name that makes the engine read white space as the tokenizer does. llama.cpp removes it behind all special tokens of a
 * model whose `general.name` contains "phi-3" or "phi3", and fails to load such a model ("_Map_base::at") when it lacks one
 * of four tokens. So the name contains it exactly where the tokens of Phi 3 say so themselves.
 */
export function engineName(name: string | undefined, vocabulary: NamedVocabulary): string | undefined {
  const isMarked = marks.some((mark) => name?.toLowerCase().includes(mark));
  if (!stripsLikePhi3(vocabulary)) return isMarked ? name?.replaceAll(/phi-?3/gi, 'Phi 3') : name;
  if (isMarked || name === undefined) return name ?? 'Phi-3';
  return /phi 3/i.test(name) ? name.replace(/phi 3/i, 'Phi-3') : `${name} (Phi-3)`;
}

function stripsLikePhi3({ tokens, addedTokens }: NamedVocabulary): boolean {
  const ofThatKind = [...addedTokens].filter(({ text }) => !exempt.includes(text));
  const isWhole = needed.every((text) => tokens.has(text));
  return isWhole && ofThatKind.length > 0 && ofThatKind.every(({ stripsRight }) => stripsRight);
}
