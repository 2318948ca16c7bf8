import { describe, expect, it } from 'vitest';
import { WordWrap } from './word-wrap.ts';

/** The lines that a terminal shows, without trailing spaces. */
function screen(output: string): string[] {
  const [start = '', ...rest] = output.split('\u001b');
  let shown = start;
  for (const part of rest) {
    const [code = '', count, letter] = /^\[(\d*)([DKm])/.exec(part) ?? [];
    if (letter === 'D') shown = shown.slice(0, -Number(count));
    shown += part.slice(code.length);
  }
  return shown.split('\n').map((line) => line.trimEnd());
}

/** Wraps a text in small pieces, as a model sends it. */
function wrapped(text: string, columns: number, pieceLength = 3): string {
  const wrap = new WordWrap(() => columns);
  const pieces = text.match(new RegExp(`.{1,${pieceLength}}`, 'gsu')) ?? [];
  return pieces.map((piece) => wrap.push(piece)).join('');
}

describe('WordWrap', () => {
  it('breaks lines between words, five columns before the edge', () => {
    expect(screen(wrapped('the quick brown fox jumps over it', 20))).toEqual([
      'the quick brown',
      'fox jumps over',
      'it',
    ]);
  });

  it('gives the same lines regardless of how the text is split into pieces', () => {
    const text =
      'Some words, of which incomprehensibilities is the longest.\n\nAnother paragraph follows here.';
    const whole = screen(wrapped(text, 24, 1000));
    for (const length of [1, 2, 5, 11]) expect(screen(wrapped(text, 24, length))).toEqual(whole);
    expect(Math.max(...whole.map((line) => line.length))).toBeLessThanOrEqual(19);
  });

  it('keeps the line breaks of the text', () => {
    expect(screen(wrapped('a\n\nb\n', 80))).toEqual(['a', '', 'b', '']);
  });

  it('breaks a word that is longer than a line', () => {
    expect(screen(wrapped('abcdefghijklmnopqrstuvwxyz', 15))).toEqual(['abcdefghij', 'klmnopqrst', 'uvwxyz']);
  });

  it('counts wide characters twice and breaks lines anywhere between them', () => {
    expect(screen(wrapped('漢字漢字漢字漢字', 15))).toEqual(['漢字漢字漢', '字漢字']);
  });

  it('does not count colour codes and combining marks', () => {
    const text = 'e\u0301'.repeat(5);
    expect(screen(wrapped(`\u001b[90m${text} ${text}\u001b[0m`, 16, 1000))).toEqual([`${text} ${text}`]);
  });

  it.each([
    ['kana and signs', 'かなカナ、。ー「」「」'],
    ['Hangul', '한국어한국어한국어한'],
    ['fullwidth forms', 'ＡＢＣ！？￥ＡＢＣ！'],
    ['emoji', '😀🚀🎉😀🚀🎉😀🚀🎉😀'],
    ['Bopomofo and Yi', 'ㄅㄆㄇㄈㄉꀀꀁꀂꀃꀄ'],
  ])('treats %s as wide', (_, text) => {
    const [first = ''] = screen(wrapped(text, 15));
    expect([...first]).toHaveLength(5);
  });

  it('wraps wide characters between words without losing any', () => {
    const text = 'The word 世界 means world, and 😀 means joy.';
    const lines = screen(wrapped(text, 20));
    expect(lines.join(' ').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    expect(lines.length).toBe(4);
  });

  it('counts a tab up to the next tab stop', () => {
    expect(screen(wrapped('a\tb\tc', 20))).toEqual(['a\tb', 'c']);
  });

  it('adapts to a terminal whose width changes', () => {
    let columns = 80;
    const wrap = new WordWrap(() => columns);
    const before = wrap.push('one two three\n');
    columns = 15;
    expect(screen(before + wrap.push('one two three'))).toEqual(['one two three', 'one two', 'three']);
  });

  it('does not wrap on very narrow terminals', () => {
    expect(wrapped('words that would not fit', 9)).toBe('words that would not fit');
  });
});
