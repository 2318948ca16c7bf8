import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { LikeliestTokens, likeliestOf, likeliestToken } from './likeliest-tokens.ts';
import { includesNaN } from './logits.ts';

const random = seededRandom(3);
/** Logits of few different values, so that many are equal, and some that are impossible. */
const logitsOf = (size: number) =>
  Float32Array.from({ length: size }, () =>
    random() < 0.1 ? Number.NEGATIVE_INFINITY : Math.round(random() * 40) - 20,
  );
const ascending = (left: number, right: number) => left - right;
const isFirst = (token: number, index: number, all: readonly number[]) => all[index - 1] !== token;
const sizes = [1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 300, 1001];

describe('the likeliest tokens', () => {
  it('are those of a sorted list, with all that may change beside them', () => {
    const likeliest = new LikeliestTokens();
    for (const size of sizes) {
      for (const count of [1, 2, 5, 40, 2000]) {
        const logits = logitsOf(size);
        const touched = Array.from({ length: Math.floor(random() * 6) }, () => Math.floor(random() * size));
        const found = [...likeliest.dependsOn(logits, count, touched)];
        const order = [...logits.keys()].sort(
          (left, right) => (logits[right] ?? 0) - (logits[left] ?? 0) || left - right,
        );
        const unchanged = order.filter((token) => !touched.includes(token));
        expect(found).toEqual([...touched, ...unchanged.slice(0, count)].sort(ascending).filter(isFirst));
        const others = unchanged.slice(count);
        expect(others.every((token) => (logits[token] ?? 0) <= likeliest.least)).toBe(true);
      }
    }
  });

  it('begin with the first of the greatest', () => {
    for (const size of sizes) {
      const logits = logitsOf(size);
      const best = logits.indexOf(Math.max(...logits));
      const expected = logits[best] === Number.NEGATIVE_INFINITY ? undefined : best;
      expect(likeliestToken(logits)).toBe(expected);
      expect(likeliestOf(logits, Int32Array.from(logits.keys()))).toBe(expected);
    }
    expect(likeliestToken(new Float32Array(9).fill(Number.NEGATIVE_INFINITY))).toBeUndefined();
  });
});

it('finds NaN wherever it is, and takes infinities for numbers', () => {
  const infinite = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const size of sizes) {
    const values = logitsOf(size);
    expect(includesNaN(Float32Array.from([...infinite, ...values, ...infinite, ...infinite]))).toBe(false);
    values[Math.floor(random() * size)] = Number.NaN;
    expect(includesNaN(values)).toBe(true);
  }
});
