import { expect, it } from 'vitest';
import { likeliestToken } from './likeliest-token.ts';

it('finds the highest logit, the first among equals, and its probability', () => {
  const { token, probability } = likeliestToken(Float32Array.from([1, 3, 3, 0, -100]));
  expect(token).toBe(1);
  expect(probability).toBeCloseTo(Math.exp(3) / (2 * Math.exp(3) + Math.exp(1) + 1), 10);
});

it('copes with forbidden tokens and with high logits', () => {
  const never = Number.NEGATIVE_INFINITY;
  expect(likeliestToken(Float32Array.from([never, 5, never]))).toEqual({ token: 1, probability: 1 });
  expect(likeliestToken(Float32Array.from([1e30, 0])).probability).toBe(1);
});
