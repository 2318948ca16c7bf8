import { describe, expect, it } from 'vitest';
import { BannedScanner, type TokenText } from './banned-scanner.ts';

/** What is released after each push, or the token to go back to. */
function scan(banned: readonly string[], texts: readonly string[]): (string | number)[] {
  const scanner = new BannedScanner<TokenText>(banned);
  const results = texts.map((text, token) => {
    const { released, banned: first } = scanner.push({ token, text });
    return first?.token ?? released.map((piece) => piece.text).join('');
  });
  const rest = scanner.flush().map((piece) => piece.text);
  return [...results, rest.join('')];
}

describe('BannedScanner', () => {
  it('names the token in which a banned string begins, wherever the tokens split it', () => {
    const text = 'say secret word';
    const start = text.indexOf('secret');
    for (let cut = 1; cut < text.length - 1; cut++) {
      for (let second = cut + 1; second < text.length; second++) {
        const pieces = [text.slice(0, cut), text.slice(cut, second), text.slice(second)];
        const expected = start < cut ? 0 : start < second ? 1 : 2;
        expect(scan(['secret'], pieces).filter((result) => typeof result === 'number')).toEqual([expected]);
      }
    }
  });

  it('ignores case in any script', () => {
    expect(scan(['Secret'], ['SEC', 'rET'])).toEqual(['', 0, '']);
    expect(scan(['ΟΔΟΣ'], ['οδ', 'ος'])).toEqual(['', 0, '']);
    expect(scan(['straße'], ['STRA', 'SSE'])).toEqual(['', 0, '']);
  });

  it('immediately releases text that cannot begin a banned string, in whole tokens only', () => {
    expect(scan(['secret'], ['Hello', ' wor', 'ld s', 'o', '.'])).toEqual([
      'Hello',
      ' wor',
      '',
      'ld so',
      '.',
      '',
    ]);
  });

  it('releases the held text when the text ends', () => {
    expect(scan(['secret'], ['a', ' se', 'cre'])).toEqual(['a', '', '', ' secre']);
  });

  it('continues from the token it named, with the text that was held before it', () => {
    const scanner = new BannedScanner<TokenText>(['abab!', 'bc']);
    expect(scanner.push({ token: 0, text: 'a' }).released).toEqual([]);
    expect(scanner.push({ token: 1, text: 'b' }).released).toEqual([]);
    expect(scanner.push({ token: 2, text: 'c' })).toEqual({
      released: [],
      banned: { token: 1, text: 'b' },
    });
    expect(scanner.push({ token: 1, text: 'x' }).released.map(({ text }) => text)).toEqual(['a', 'x']);
  });

  it('finds the earliest of several banned strings and handles tokens without text', () => {
    expect(scan(['late', 'early'], ['', 'early late'])).toEqual(['', 1, '']);
    expect(scan(['ab'], ['a', '', 'b'])).toEqual(['', '', 0, '']);
    expect(scan([''], ['x', ''])).toEqual(['x', '', '']);
  });
});
