import { expect, it } from 'vitest';
import type { EngineModelPoint, EnginePoint } from '../../../api/engine-events.ts';
import { isolatedOf, latestOf, modelsOf, seriesOf } from './series.ts';

const model = (name: string, fields: Partial<EngineModelPoint>): EngineModelPoint => ({
  ...{ model: name, prefill_tokens: 0, decode_tokens: 0, drafted_tokens: 0, draft_taken: 0 },
  ...fields,
});
const point = (second: number, ...models: EngineModelPoint[]): EnginePoint => ({
  ...{ type: 'point', at: second * 1000, models },
});

it('has 0 for seconds in which nothing was computed, and nothing for those that are not reported yet', () => {
  const points = [point(94, model('a', { decode_tokens: 5 }))];
  const { seconds, decode, gapP50 } = seriesOf(points, 100_400, 8);
  expect(seconds).toEqual([-8, -7, -6, -5, -4, -3, -2, -1, 0]);
  expect(decode).toEqual([0, 0, 5, 0, 0, null, null, null, null]);
  expect(gapP50).toEqual(Array(9).fill(null));
});

it('adds the tokens of all models, and takes their highest percentiles', () => {
  const points = [
    point(
      10,
      model('b', { decode_tokens: 3, gap_p95_ms: 20, batch_runs: 2, drafted_tokens: 10, draft_taken: 4 }),
      model('a', { decode_tokens: 4, gap_p95_ms: 50 }),
    ),
  ];
  expect(modelsOf(points)).toEqual(['a', 'b']);
  const all = seriesOf(points, 10_000, 0);
  expect([all.decode, all.gapP95, all.batch, all.drafts]).toEqual([[7], [50], [2], [0.4]]);
  const one = seriesOf(points, 10_000, 0, 'a');
  expect([one.decode, one.gapP95, one.batch, one.drafts]).toEqual([[4], [50], [null], [null]]);
});

it('finds the latest value, and values that a line would not show', () => {
  expect(latestOf([1, 2, null])).toBe(2);
  expect(latestOf([null])).toBeUndefined();
  expect(isolatedOf([1, null, 2, 3, null, 4])).toEqual([0, 5]);
});
