import { describe, expect, it } from 'vitest';
import { Heights } from './virtual-range.ts';

const ids = Array.from({ length: 10_000 }, (_, index) => `message-${index}`);

describe('Heights', () => {
  it('adds up measured heights and guesses', () => {
    const heights = new Heights();
    heights.setIds(['a', 'b', 'c']);
    const guess = heights.total / 3;
    expect(heights.measure('b', 40)).toBe(true);
    expect(heights.measure('b', 40)).toBe(false);
    expect([heights.top(1), heights.top(2), heights.total]).toEqual([guess, guess + 40, 2 * guess + 40]);
  });

  it('keeps what was measured when messages are added, and when others take their places', () => {
    const heights = new Heights();
    heights.setIds(['a', 'b']);
    heights.measure('a', 10);
    heights.measure('b', 20);
    heights.setIds(['a', 'b', 'c']);
    heights.measure('c', 30);
    expect(heights.total).toBe(60);
    heights.setIds(['a', 'x']);
    heights.measure('x', 5);
    expect(heights.total).toBe(15);
    heights.setIds(['a', 'b', 'c']);
    expect(heights.total).toBe(60);
    heights.setIds([]);
    expect(heights.total).toBe(0);
  });

  it('finds the message at any place', () => {
    const heights = new Heights();
    heights.setIds(ids);
    for (const [index, id] of ids.entries()) heights.measure(id, 20 + (index % 7));
    for (const index of [0, 1, 499, 9999]) {
      expect(heights.indexAt(heights.top(index))).toBe(index);
      expect(heights.indexAt(heights.top(index + 1) - 1)).toBe(index);
    }
    expect(heights.indexAt(-100)).toBe(0);
    expect(heights.indexAt(heights.total + 100)).toBe(9999);
  });

  it('shows a part of a long chat, and space for the rest', () => {
    const heights = new Heights();
    heights.setIds(ids);
    for (const id of ids) heights.measure(id, 100);
    const range = heights.range(500_000, 1000);
    expect(range.to - range.from).toBeLessThan(40);
    expect(range.before + (range.to - range.from) * 100 + range.behind).toBe(heights.total);
    expect(range.before).toBeLessThanOrEqual(500_000);
    expect(heights.range(0, 1000).from).toBe(0);
    expect(heights.range(heights.total, 1000).to).toBe(10_000);
  });

  it('shows nothing of an empty chat', () => {
    expect(new Heights().range(0, 500)).toEqual({ from: 0, to: 0, before: 0, behind: 0 });
  });
});
