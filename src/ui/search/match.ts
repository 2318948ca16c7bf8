/** How texts are compared with what a user types. */

/** Longer queries find nothing that shorter ones do not. */
export const MAX_QUERY_CHARACTERS = 200;
const MAX_WORDS = 10;

/** A text as it is compared: small letters, without accents. Its length may differ from the original's. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase();
}

/** The words of a query, each of which must occur. */
export function queryWords(query: string): readonly string[] {
  const words = folded(query.slice(0, MAX_QUERY_CHARACTERS))
    .split(/\s+/)
    .filter((word) => word !== '');
  return [...new Set(words)].slice(0, MAX_WORDS);
}

/**
 * How well a name matches: 0 = not at all. All words must occur; a match at the beginning of the name counts most, then
 * at the beginning of a word, and a short name more than a long one.
 */
export function nameScore(name: string, words: readonly string[]): number {
  const text = folded(name);
  let score = 1;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    if (at === 0) score += 3;
    else if (/[^\p{L}\p{N}]/u.test(text[at - 1] ?? '')) score += 2;
    else score += 1;
  }
  return score + 1 / (1 + text.length);
}

/** A piece of a text around a match. */
export interface Snippet {
  readonly before: string;
  readonly match: string;
  readonly after: string;
}

const BEFORE = 30;
const AFTER = 70;

/**
 * The piece of a text around the first occurrence of a word, on one line. Where folding moved the places of characters, the
 * beginning of the text is shown.
 */
export function snippetOf(text: string, word: string): Snippet {
  const at = text.toLowerCase().indexOf(word);
  if (at < 0) return { before: line(text.slice(0, BEFORE + AFTER)), match: '', after: '' };
  const from = Math.max(0, at - BEFORE);
  return {
    before: (from > 0 ? '…' : '') + line(text.slice(from, at)),
    match: text.slice(at, at + word.length),
    after: line(text.slice(at + word.length, at + word.length + AFTER)),
  };
}

function line(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
