import { expect, it } from 'vitest';
import type { Tokenizer } from '../text/tokenizer.ts';
import { Automaton } from './automaton.ts';
import { grammarProgram } from './grammar-program.ts';
import { Matcher } from './matcher.ts';
import { Vocabulary } from './vocabulary.ts';

const pieces = ['a', 'b', '!'];
const [A, B, EXCLAMATION] = [0, 1, 2];

const tokenizer: Pick<Tokenizer, 'size' | 'piece' | 'isEndOfGeneration'> = {
  size: pieces.length,
  piece: (token) => Buffer.from(pieces[token] ?? ''),
  isEndOfGeneration: () => false,
};

function matcherOf(grammar: string): Matcher {
  const automaton = new Automaton(grammarProgram(grammar));
  return new Matcher(automaton, new Vocabulary(tokenizer as Tokenizer));
}

it('keeps few positions of a long text, and steps back to any', () => {
  const matcher = matcherOf('root ::= "b" [a]{0,900} [a]{0,900} ("b" [a]{0,9000} "!")');
  const text = [B, ...Array.from({ length: 800 }, () => A), B, ...Array.from({ length: 5000 }, () => A)];
  let most = 0;
  for (const token of text) {
    matcher.accept(token);
    most = Math.max(most, matcher.kept);
  }
  expect(most).toBeLessThan(1000);
  const after = (count: number) => {
    matcher.rewind(text.slice(0, count));
    return [A, B, EXCLAMATION].map((token) => matcher.allows(token));
  };
  expect(after(5802)).toEqual([true, false, true]);
  expect(after(5700)).toEqual([true, false, true]);
  expect(after(801)).toEqual([true, true, false]);
  expect(after(700)).toEqual([true, true, false]);
  expect(after(0)).toEqual([false, true, false]);
  for (const token of text) matcher.accept(token);
  expect(after(text.length)).toEqual([true, false, true]);
});
