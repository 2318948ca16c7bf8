import { describe, expect, it } from 'vitest';
import { type DiffPiece, diffWords } from './word-diff.ts';

const marked = (pieces: readonly DiffPiece[]) =>
  pieces.map(({ text, differs }) => (differs ? `[${text}]` : text)).join('');
const diff = (left: string, right: string) => {
  const found = diffWords(left, right);
  return [marked(found.left), marked(found.right)];
};
const textOf = (pieces: readonly DiffPiece[]) => pieces.map(({ text }) => text).join('');
const sameOf = (pieces: readonly DiffPiece[]) =>
  pieces
    .filter(({ differs }) => !differs)
    .map(({ text }) => text)
    .join('');

describe('the difference of two texts', () => {
  it.each([
    ['the same text', 'the same text', 'the same text', 'the same text'],
    ['a red house', 'a blue house', 'a [red] house', 'a [blue] house'],
    ['a b c', 'b c d', '[a ]b c', 'b c[ d]'],
    ['', 'new', '', '[new]'],
    ['old', '', '[old]', ''],
    ['', '', '', ''],
    ['one, two.', 'one; two!', 'one[,] two[.]', 'one[;] two[!]'],
    ['我喜歡貓', '我喜歡狗', '我喜歡[貓]', '我喜歡[狗]'],
    ["don't go", "don't stay", "don't [go]", "don't [stay]"],
  ])('of %j and %j', (left, right, ...expected) => {
    expect(diff(left, right)).toEqual(expected);
  });

  it('loses no character, and calls the same only what both have in the same order', () => {
    let seed = 7;
    const next = (bound: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % bound;
    };
    const words = ['a', 'b', 'c', ' ', '\n', '👍', '語', '.'];
    const random = () => Array.from({ length: next(40) }, () => words[next(words.length)]).join('');
    for (let round = 0; round < 500; round += 1) {
      const [left, right] = [random(), random()];
      const found = diffWords(left, right);
      expect(textOf(found.left)).toBe(left);
      expect(textOf(found.right)).toBe(right);
      expect(sameOf(found.left)).toBe(sameOf(found.right));
    }
  });

  it('keeps the common ends of texts that differ in too many words', () => {
    const many = (name: string) => Array.from({ length: 15_000 }, (_, index) => `${name}${index}`).join(' ');
    const found = diffWords(`begin ${many('x')} end`, `begin ${many('y')} end`);
    expect(found.left.map(({ differs }) => differs)).toEqual([false, true, false]);
    expect(found.right[0]?.text).toBe('begin ');
    expect(found.right.at(-1)?.text).toBe(' end');
  });

  it('finds one changed word in a long text', () => {
    const long = Array.from({ length: 8000 }, (_, index) => `w${index}`);
    const changed = long.with(4000, 'other');
    expect(diffWords(long.join(' '), changed.join(' ')).right.filter(({ differs }) => differs)).toEqual([
      { text: 'other', differs: true },
    ]);
  });
});
