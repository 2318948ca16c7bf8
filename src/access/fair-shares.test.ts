import { expect, it } from 'vitest';
import { FairShares } from './fair-shares.ts';

it('the oldest entry of the owner with the most goes first, and then that of the next', () => {
  const shares = new FairShares<string>();
  shares.add('small', 's1', 30);
  for (const id of ['l1', 'l2', 'l3']) shares.add('large', id, 20);
  const gone: (string | undefined)[] = [];
  while (shares.size > 40) {
    const id = shares.next() ?? '';
    gone.push(id);
    shares.remove(id.startsWith('l') ? 'large' : 'small', id);
  }
  expect([gone, shares.size]).toEqual([['l1', 'l2', 's1'], 20]);
});

it('nothing is left of an owner without entries, and what is not there is not removed', () => {
  const shares = new FairShares<string>();
  shares.add('a', '1', 5);
  shares.remove('b', '1');
  shares.remove('a', '2');
  expect(shares.size).toBe(5);
  shares.remove('a', '1');
  expect([shares.size, shares.next()]).toEqual([0, undefined]);
});
