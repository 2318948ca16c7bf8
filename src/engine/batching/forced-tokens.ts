import type { Tokenizer } from '../text/tokenizer.ts';

/**
 * Stands before the text, for tokenizers that add a space to the beginning of whatever they are given. It hardly ever
 * shares a token with what follows.
 */
const LEAD = '\n';

/**
 * Cuts a text that must come next into tokens. The last one is left to the model, because what follows the text may
 * belong to the same token.
 * @returns no tokens when the tokenizer cannot spell the text without adding to it
 */
export function forcedTokens(
  tokenizer: Pick<Tokenizer, 'tokenize' | 'piece'>,
  text: string,
): readonly number[] {
  if (text === '') return [];
  const bytes = Buffer.from(text);
  for (const lead of ['', LEAD]) {
    const tokens = tokenizer.tokenize(lead + text, false, false);
    const pieces = tokens.map((token) => Buffer.from(tokenizer.piece(token)));
    const from = endingWith(pieces, bytes);
    if (from !== undefined) return tokens.slice(from, -1);
  }
  return [];
}

/** Index of the first of the last pieces that are these bytes together. */
function endingWith(pieces: readonly Buffer[], bytes: Buffer): number | undefined {
  let length = 0;
  let from = pieces.length;
  while (from > 0 && length < bytes.length) {
    from--;
    length += pieces[from]?.length ?? 0;
  }
  return Buffer.concat(pieces.slice(from)).equals(bytes) ? from : undefined;
}
