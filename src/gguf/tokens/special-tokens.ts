import type { ByteCursor } from '../byte-cursor.ts';
import { type Metadata, metadataNumber } from '../metadata.ts';
import { walkTexts } from '../reading/read-text.ts';

export const TOKENS_KEY = 'tokenizer.ggml.tokens';

const specialTokenKey = /^tokenizer\.ggml\.[a-z_]+_token_id$/;

/** Bytes before an array's elements: the value's type, the elements' type and their count. */
export const ARRAY_START_BYTES = 4 + 12;

/**
 * Texts of the tokens that the metadata names by ID. If the vocabulary was skipped, they are looked up in the file.
 * @param open returns a cursor at the array of tokens
 */
export async function readSpecialTokens(
  metadata: Metadata,
  open: () => ByteCursor,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const tokens = metadata.get(TOKENS_KEY);
  if (tokens?.type !== 'array' || tokens.value.elementType !== 'string') return found;
  const { count, values } = tokens.value;
  const wanted = specialTokenIds(metadata, count);
  if (wanted.size === 0) return found;
  if (values) {
    for (const id of wanted) found.set(id, String(values[id]));
    return found;
  }
  const cursor = open();
  cursor.skip(ARRAY_START_BYTES);
  await walkTexts(cursor, Math.max(...wanted) + 1, 'a token', {
    wants: (id) => wanted.has(id),
    report: (id, text) => found.set(id, text),
  });
  return found;
}

function specialTokenIds(metadata: Metadata, count: number): Set<number> {
  const ids = [...metadata.keys()]
    .filter((key) => specialTokenKey.test(key))
    .map((key) => metadataNumber(metadata, key))
    .filter((id) => id !== undefined);
  return new Set(ids.filter((id) => Number.isInteger(id) && id >= 0 && id < count));
}
