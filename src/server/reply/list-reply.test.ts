import { expect, it } from 'vitest';
import { turns } from '../turns.ts';
import { listReply } from './list-reply.ts';

it.each([0, 3, 20_000])('encodes a reply with a list of %i items like any other', async (count) => {
  const data = Array.from({ length: count }, (_, index) => ({ index, text: `item "${index}"` }));
  const value = { object: 'list', none: undefined, data, usage: { total: 1 } };
  const reply = listReply(value, { 'X-Test': 'yes' });
  expect(reply.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
  expect(reply.headers.get('X-Test')).toBe('yes');
  expect(await reply.text()).toBe(JSON.stringify(value));
});

it('encodes several lists, and long lists in a list, like any other', async () => {
  const long = Array.from({ length: 100_000 }, (_, index) => index);
  const value = { count: [3], tokens: [[1], long, []], texts: long.map(String), nothing: [undefined, null] };
  expect(await listReply(value, {}).text()).toBe(JSON.stringify(value));
});

it('encodes a long list only as fast as it is read', async () => {
  let encoded = 0;
  const item = {
    toJSON: () => {
      encoded += 1;
      return 'x'.repeat(1000);
    },
  };
  const reader = listReply({ list: Array.from({ length: 10_000 }, () => item) }, {}).body?.getReader();
  await reader?.read();
  for (let count = 0; count < 5; count += 1) await turns.next();
  expect(encoded).toBeLessThan(2000);
  await reader?.cancel();
});

it('gives each waiting computation a turn of its own', async () => {
  let iteration = 0;
  let counter = setImmediate(function count() {
    iteration += 1;
    counter = setImmediate(count);
  });
  const taken: number[] = [];
  const compute = async () => {
    for (let piece = 0; piece < 3; piece += 1) {
      await turns.next();
      taken.push(iteration);
    }
  };
  await Promise.all([compute(), compute(), compute()]);
  clearImmediate(counter);
  expect(taken).toHaveLength(9);
  expect(new Set(taken).size).toBe(9);
});
