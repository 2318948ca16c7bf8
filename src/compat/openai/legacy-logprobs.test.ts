import { expect, it } from 'vitest';
import { legacyLogprobs, lengthOf } from './legacy-logprobs.ts';

const token = (bytes: Uint8Array | string, logprob = -1) => {
  const buffer = Buffer.from(bytes as string);
  return { token: buffer.toString('utf8'), bytes: [...buffer], logprob };
};

it('counts characters, not bytes or halves of a pair, and writes parts of characters as bytes', () => {
  const smile = Buffer.from('🙂');
  const answer = [token('é'), token(smile.subarray(0, 2)), token(smile.subarray(2)), token('!')];
  const lists = legacyLogprobs([], answer, 'ü🙂', 3);
  expect(lists.tokens).toEqual(['é', 'bytes:\\xf0\\x9f', 'bytes:\\x99\\x82', '!']);
  expect(lists.text_offset).toEqual([5, 6, 6, 7]);
  expect(lengthOf(answer)).toBe(3);
});

it('places the tokens of a prompt whose start the text lacks', () => {
  const prompt = [{ ...token('<s>'), logprob: null }, token(' one'), token(' two')];
  const lists = legacyLogprobs(prompt, [token('.')], 'one two');
  expect(lists.text_offset).toEqual([0, 0, 3, 7]);
  expect(lists.token_logprobs).toEqual([null, -1, -1, -1]);
  expect(lists.top_logprobs[0]).toBeNull();
});

it('lists the token itself among its alternatives, and keeps the likeliest of equal texts', () => {
  const top_logprobs = [token('a', -0.1), token('b', -2), token('b', -3)];
  const lists = legacyLogprobs([], [{ ...token('c', -5), top_logprobs }], '');
  expect(lists.top_logprobs).toEqual([{ a: -0.1, b: -2, c: -5 }]);
});
