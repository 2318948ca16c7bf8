import { describe, expect, it } from 'vitest';
import { readArguments } from '../bench/arguments.ts';
import { compare } from '../bench/comparison.ts';
import { decodeRate, measureGeneration, type StreamChunk } from '../bench/generation.ts';
import type { Scenario } from '../bench/scenario.ts';
import { chosenScenarios, needsOf } from '../bench/scenario-table.ts';
import type { BenchServer } from '../bench/servers/server.ts';
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
  const paired = (value: number | undefined, ratio: number | undefined) => ({ value, ratio });

  it('marks the better value of each metric', () => {
    const table = formatTable(
      [
        { title: 'rate', ours: 90, others: [paired(100, 0.9)], better: 'higher' },
        { title: 'wait', ours: 0.1, others: [paired(0.2, 0.5)], better: 'lower' },
        { title: 'own', ours: 1234, others: [paired(undefined, undefined)], better: 'lower' },
      ],
      ['ours', 'peer'],
    );
    expect(table.split('\n')).toEqual([
      '| figure |  ours |  peer |    ratio |',
      '| ------ | ----: | ----: | -------: |',
      '| rate   |  90.0 |   100 | 0.90 x - |',
      '| wait   | 0.100 | 0.200 | 0.50 x + |',
      '| own    |  1234 |   n/a |      n/a |',
    ]);
  });

  it('has a pair of columns for each other side, and the goals where there are any', () => {
    const table = formatTable(
      [
        {
          title: 'rate',
          ours: 90,
          others: [paired(100, 0.9), paired(60, 1.5)],
          better: 'higher',
          goal: '1.2 x',
        },
        { title: 'wait', ours: 0.1, others: [], better: 'lower' },
      ],
      ['ours', 'peer', 'base'],
    );
    expect(table.split('\n')).toEqual([
      '| figure |  ours | peer |    ratio | base |    ratio |  goal |',
      '| ------ | ----: | ---: | -------: | ---: | -------: | ----: |',
      '| rate   |  90.0 |  100 | 0.90 x - | 60.0 | 1.50 x + | 1.2 x |',
      '| wait   | 0.100 |  n/a |      n/a |  n/a |      n/a |       |',
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

describe('a comparison', () => {
  const server = (label: string): BenchServer => ({
    label,
    url: '',
    pid: undefined,
    cheapPath: '',
    generate: () => Promise.reject(new Error('not used')),
  });
  const sides = { ours: server('ours'), others: [server('peer'), server('base')] };

  it('lets each server go first in turn, and pairs the values of a round', async () => {
    const order: string[] = [];
    const scenario: Scenario = {
      name: 'order',
      figures: { place: { title: 'place', better: 'lower' } },
      run: async ({ label }) => ({ place: order.push(label) }),
    };
    const [row] = await compare(scenario, sides, 3);
    expect(order.join(' ')).toBe('ours peer base peer base ours base ours peer');
    expect(row).toMatchObject({ ours: 6, others: [{ value: 4 }, { value: 5 }] });
  });

  it('of ours with ours does not ask the others', async () => {
    const scenario: Scenario = {
      name: 'self',
      figures: { rate: { title: 'rate', better: 'higher' } },
      run: async ({ label }) => ({ rate: label === 'ours' ? 30 : 0 }),
      without: async ({ label }) => ({ rate: label === 'ours' ? 20 : 0 }),
    };
    expect(await compare(scenario, sides, 2)).toEqual([
      { title: 'rate', better: 'higher', goal: undefined, ours: 30, others: [{ value: 20, ratio: 1.5 }] },
    ]);
  });

  it('runs the largest crowds only when they are named, with a slot for each stream', () => {
    const names = (only: string[]) => chosenScenarios(readArguments(['--only', only.join(',')]));
    expect(needsOf(names([]))).toEqual({ slots: 8, largeVocabulary: true });
    expect(needsOf(names(['single', 'sixty-four']))).toEqual({ slots: 64, largeVocabulary: false });
    expect(() => names(['none'])).toThrow('unknown scenario "none": the scenarios are single, ');
  });
});
