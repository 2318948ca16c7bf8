import { describe, expect, it } from 'vitest';
import { decodeRate, measureGeneration, type StreamChunk } from '../bench/generation.ts';
import { median, medianRatio, worstGap } from '../bench/statistics.ts';
import { formatNumber, formatTable } from '../bench/table.ts';

describe('statistics', () => {
  it('compute the median: the middle value, or the mean of the two middle ones', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([7])).toBe(7);
    expect(median([])).toBeUndefined();
  });

  it('compare runs pair by pair, so that noise common to both cancels out', () => {
    expect(medianRatio([100, 10, 50], [50, 5, 25])).toBe(2);
    expect(medianRatio([100, undefined, 30], [50, 1, 10])).toBe(2.5);
    expect(medianRatio([1], [0])).toBeUndefined();
    expect(medianRatio([1, 2], [])).toBeUndefined();
  });

  it('find the longest wait between tokens', () => {
    expect(worstGap([1, 2, 5, 5.5])).toBe(3);
    expect(worstGap([1])).toBe(0);
  });
});

describe('a measured generation', () => {
  async function* stream(chunks: readonly StreamChunk[]): AsyncGenerator<StreamChunk> {
    yield* chunks;
  }

  it('counts only chunks with text, and uses the token counts of the server', async () => {
    let tokens = 0;
    const chunks = [
      { text: '' },
      { text: 'a' },
      { text: 'bc' },
      { text: '', promptTokens: 5, completionTokens: 3 },
    ];
    const generation = await measureGeneration(stream(chunks), () => {
      tokens += 1;
    });
    expect(generation).toMatchObject({ promptTokens: 5, completionTokens: 3 });
    expect(generation.chunkTimes).toHaveLength(2);
    expect(tokens).toBe(2);
    expect(generation.firstTokenAfter).toBeLessThanOrEqual(generation.duration);
  });

  it('has a rate only if there are enough tokens', () => {
    const base = { firstTokenAfter: 0, duration: 0, promptTokens: 0, chunkTimes: [10, 11, 12] };
    expect(decodeRate({ ...base, completionTokens: 21 })).toBe(10);
    expect(decodeRate({ ...base, completionTokens: 8 })).toBeUndefined();
  });
});

describe('the table', () => {
  it('marks the better value of each metric', () => {
    const table = formatTable(
      [
        { title: 'rate', ours: 90, peer: 100, ratio: 0.9, better: 'higher' },
        { title: 'wait', ours: 0.1, peer: 0.2, ratio: 0.5, better: 'lower' },
        { title: 'own', ours: 1234, peer: undefined, ratio: undefined, better: 'lower' },
      ],
      true,
    );
    expect(table.split('\n')).toEqual([
      '| figure |  ours |  peer |    ratio |',
      '| ------ | ----: | ----: | -------: |',
      '| rate   |  90.0 |   100 | 0.90 x - |',
      '| wait   | 0.100 | 0.200 | 0.50 x + |',
      '| own    |  1234 |   n/a |      n/a |',
    ]);
  });

  it('prints three significant digits', () => {
    expect([0.01234, 1.234, 12.34, 123.4, undefined].map(formatNumber)).toEqual([
      '0.012',
      '1.23',
      '12.3',
      '123',
      'n/a',
    ]);
  });
});
