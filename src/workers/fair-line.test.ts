import { describe, expect, it } from 'vitest';
import { FairLine } from './fair-line.ts';

const item = (owner: string, name: string) => ({ owner, name });

function lineOf(share: number, names: string) {
  const line = new FairLine<{ owner: string; name: string }>(share);
  for (const name of names.split(' ')) line.add(item(name[0] ?? '', name));
  return line;
}

describe('FairLine', () => {
  it('lets owners take turns, however much one of them sends', () => {
    const line = lineOf(9, 'a1 a2 a3 b1 c1 b2');
    const order = Array.from({ length: 6 }, () => line.take()?.name);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect(line.take()).toBeUndefined();
  });

  it('runs no more than its share for one owner, until one of them has finished', () => {
    const line = lineOf(2, 'a1 a2 a3 b1');
    const first = line.take();
    expect([first?.name, line.take()?.name, line.take()?.name]).toEqual(['a1', 'b1', 'a2']);
    expect(line.take()).toBeUndefined();
    expect(line.length).toBe(1);
    line.finished(first ?? item('', ''));
    expect(line.take()?.name).toBe('a3');
  });

  it('forgets what is removed, and ignores what does not wait', () => {
    const line = new FairLine<{ owner: string; name: string }>(1);
    const [kept, removed] = [item('a', 'kept'), item('a', 'removed')];
    line.add(removed);
    line.add(kept);
    line.remove(removed);
    line.remove(removed);
    expect(line.length).toBe(1);
    expect(line.take()).toBe(kept);
  });
});
