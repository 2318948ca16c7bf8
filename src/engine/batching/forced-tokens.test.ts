import { describe, expect, it } from 'vitest';
import { forcedTokens } from './forced-tokens.ts';

/** A vocabulary of words; the tokenizer takes the longest, as a greedy one does. */
function tokenizer(words: readonly string[], options: { readonly addsSpace?: boolean } = {}) {
  return {
    tokenize(text: string): number[] {
      let rest = options.addsSpace ? ` ${text}` : text;
      const tokens: number[] = [];
      while (rest !== '') {
        const [word] = words
          .filter((candidate) => rest.startsWith(candidate))
          .sort((left, right) => right.length - left.length);
        if (word === undefined) throw new Error(`no token begins ${rest}`);
        tokens.push(words.indexOf(word));
        rest = rest.slice(word.length);
      }
      return tokens;
    },
    piece: (token: number) => Buffer.from(words[token] ?? ''),
  };
}

const words = ['{"', 'name', '": ', '"', 'é', ' ', '\n', ' {"'];

describe('forcedTokens', () => {
  it('leaves the last token to the model, because more text may belong to it', () => {
    const spelled = forcedTokens(tokenizer(words), '{"name": "').map((token) => words[token]);
    expect(spelled).toEqual(['{"', 'name', '": ']);
    expect(forcedTokens(tokenizer(words), '"')).toEqual([]);
    expect(forcedTokens(tokenizer(words), '')).toEqual([]);
  });

  it('counts bytes, not characters', () => {
    expect(forcedTokens(tokenizer(words), 'éé"')).toEqual([4, 4]);
  });

  it('never adds the space that some tokenizers put before a text', () => {
    const spelled = forcedTokens(tokenizer(words, { addsSpace: true }), '{"name": "').map(
      (token) => words[token],
    );
    expect(spelled).toEqual(['{"', 'name', '": ']);
  });

  it('forces nothing where the text shares a token with what stands before it', () => {
    const merging = [...words, '\n{"', ' \n{"'];
    expect(forcedTokens(tokenizer(merging, { addsSpace: true }), '{"name": "')).toEqual([]);
  });
});
