import { describe, expect, it } from 'vitest';
import { isPseudoToken, pieceBytes, pseudoTokens } from './media.ts';

const digest = 'ab'.repeat(32);

describe('pseudoTokens', () => {
  it('are 32-bit integers below -1, one for each row', () => {
    const tokens = pseudoTokens({ digest, tokens: 1000 });
    expect(tokens).toHaveLength(1000);
    for (const token of tokens) expect(isPseudoToken(token) && token >= -(2 ** 31)).toBe(true);
    expect([...Int32Array.from(tokens)]).toEqual(tokens);
  });

  it('depend on the digest and the row alone', () => {
    const long = pseudoTokens({ digest, tokens: 20 });
    expect(pseudoTokens({ digest, tokens: 11 })).toEqual(long.slice(0, 11));
    expect(new Set(long).size).toBe(20);
    const other = pseudoTokens({ digest: 'ba'.repeat(32), tokens: 20 });
    expect(other.filter((token) => long.includes(token))).toEqual([]);
  });
});

it('isPseudoToken tells them from the words of a vocabulary and from the null token', () => {
  expect([-1, 0, 5, -2].map(isPseudoToken)).toEqual([false, false, false, true]);
});

it('pieceBytes counts three bytes for a pixel and four for a mel bin', () => {
  expect(pieceBytes({ kind: 'image', width: 4, height: 5 })).toBe(60);
  expect(pieceBytes({ kind: 'audio', width: 4, height: 5 })).toBe(80);
});
