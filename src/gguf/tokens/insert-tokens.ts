import type { ByteCursor } from '../byte-cursor.ts';
import { type Metadata, metadataNumber } from '../metadata.ts';
import { walkTexts } from '../reading/read-text.ts';
import { ARRAY_START_BYTES, TOKENS_KEY } from './special-tokens.ts';

/** Texts and metadata keys of the three tokens for filling in the middle, as llama.cpp knows them. */
const marks = [
  {
    keys: ['fim_pre', 'prefix'],
    texts: [
      '<|fim_prefix|>',
      '<fim-prefix>',
      '<fim_prefix>',
      '<｜fim▁begin｜>',
      '<PRE>',
      '▁<PRE>',
      '<|code_prefix|>',
      '<|prefix|>',
    ],
  },
  {
    keys: ['fim_suf', 'suffix'],
    texts: [
      '<|fim_suffix|>',
      '<fim-suffix>',
      '<fim_suffix>',
      '<｜fim▁hole｜>',
      '<SUF>',
      '▁<SUF>',
      '<|code_suffix|>',
      '<|suffix|>',
    ],
  },
  {
    keys: ['fim_mid', 'middle'],
    texts: [
      '<|fim_middle|>',
      '<fim-middle>',
      '<fim_middle>',
      '<｜fim▁end｜>',
      '<MID>',
      '▁<MID>',
      '<|code_middle|>',
      '<|middle|>',
    ],
  },
] as const;

const markOfText = new Map<string, number>(
  marks.flatMap(({ texts }, mark) => texts.map((text) => [text, mark] as const)),
);
/** Lengths in bytes and first bytes of these texts; tokens with others need not be read. */
const lengths = new Set([...markOfText.keys()].map((text) => Buffer.byteLength(text)));
const firstBytes = new Set([...markOfText.keys()].map((text) => Buffer.from(text)[0]));

/**
 * Whether the vocabulary has all tokens for filling in the middle, either named in the metadata or known by their text.
 * @param open returns a cursor at the array of tokens
 */
export async function hasInsertTokens(metadata: Metadata, open: () => ByteCursor): Promise<boolean> {
  const found = new Set(marks.flatMap(({ keys }, mark) => (isNamed(metadata, keys) ? [mark] : [])));
  const tokens = metadata.get(TOKENS_KEY);
  if (found.size === marks.length) return true;
  if (tokens?.type !== 'array' || tokens.value.elementType !== 'string') return false;
  const note = (text: string) => {
    const mark = markOfText.get(text);
    if (mark !== undefined) found.add(mark);
  };
  const { count, values } = tokens.value;
  if (values) for (const text of values) note(String(text));
  else {
    const cursor = open();
    cursor.skip(ARRAY_START_BYTES);
    await walkTexts(cursor, count, 'a token', {
      wants: (_, length, first) => lengths.has(length) && (first === undefined || firstBytes.has(first)),
      report: (_, text) => note(text),
    });
  }
  return found.size === marks.length;
}

function isNamed(metadata: Metadata, keys: readonly string[]): boolean {
  return keys.some((key) => metadataNumber(metadata, `tokenizer.ggml.${key}_token_id`) !== undefined);
}
