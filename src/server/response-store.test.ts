import { expect, it } from 'vitest';
import { ResponseStore } from './response-store.ts';

const MIB = 2 ** 20;
const stored = (owner: string | undefined, characters: number) => ({
  messages: [{ role: 'user', content: 'x'.repeat(characters) }],
  conversationId: 'c',
  response: {},
  owner,
});

it('a key that fills the store loses its own oldest responses, and no other key does', () => {
  const store = new ResponseStore();
  store.add('mine', stored('key_a', 1000));
  for (let number = 0; number < 30; number++) store.add(`theirs-${number}`, stored('key_b', 4 * MIB));
  expect(store.get('mine', 'key_a')).toBeDefined();
  expect([0, 14, 15, 29].map((number) => store.get(`theirs-${number}`, 'key_b') !== undefined)).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

it('thousands of small responses count, too', () => {
  const store = new ResponseStore();
  store.add('mine', stored(undefined, 10));
  for (let number = 0; number < 10_001; number++) store.add(`theirs-${number}`, stored('key_b', 10));
  expect(store.get('mine')).toBeDefined();
  expect([store.get('theirs-0', 'key_b'), store.get('theirs-10000', 'key_b')]).toEqual([
    undefined,
    expect.objectContaining({ owner: 'key_b' }),
  ]);
});
