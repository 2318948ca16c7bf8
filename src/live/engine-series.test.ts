import { describe, expect, it } from 'vitest';
import { EngineMeter } from '../engine/figures/engine-meter.ts';
import { EngineSeries, HISTORY_SECONDS } from './engine-series.ts';

const SECOND = 1000;
/** The beginning of a second. */
const START = 1_700_000_000 * SECOND;

/** Figures of this many tokens of an answer, computed in calls of one token. */
function figures(tokens: number) {
  const meter = new EngineMeter();
  for (let count = 0; count < tokens; count++) {
    meter.call({ kind: 'decode', tokens: 1, promptTokens: 0, sequences: 1, milliseconds: 1 });
    meter.advanced(
      { sampledTokens: 1, accepted: 0, yieldedAt: undefined },
      { sampledTokens: 0, accepted: 0 },
      0,
    );
  }
  return meter.take(0);
}

const tokensAt = (series: EngineSeries, at: number) =>
  series.point(at / SECOND)?.models.map(({ decode_tokens }) => decode_tokens);

describe('EngineSeries', () => {
  it('spreads a report over the seconds since the one before, so that no second has twice as much', () => {
    const series = new EngineSeries();
    series.counted('m', figures(1), START + 500);
    series.counted('m', figures(100), START + 1500);
    series.counted('m', figures(100), START + 2500);
    expect(tokensAt(series, START)).toEqual([51]);
    expect(tokensAt(series, START + SECOND)).toEqual([100]);
    expect(tokensAt(series, START + 2 * SECOND)).toEqual([50]);
    expect(tokensAt(series, START + 3 * SECOND)).toBeUndefined();
  });

  it('does not spread over a pause', () => {
    const series = new EngineSeries();
    series.counted('m', figures(10), START);
    series.counted('m', figures(20), START + 60 * SECOND);
    expect(tokensAt(series, START)).toEqual([10]);
    expect(tokensAt(series, START + 59 * SECOND)).toBeUndefined();
    expect(tokensAt(series, START + 60 * SECOND)).toEqual([20]);
  });

  it('has the mean batch of the calls, for each model apart', () => {
    const series = new EngineSeries();
    const meter = new EngineMeter();
    meter.call({ kind: 'mixed', tokens: 12, promptTokens: 8, sequences: 3, milliseconds: 1 });
    meter.call({ kind: 'decode', tokens: 2, promptTokens: 0, sequences: 2, milliseconds: 1 });
    series.counted('a', meter.take(0), START);
    series.counted('b', figures(1), START);
    expect(series.point(START / SECOND)?.models).toMatchObject([
      { model: 'a', prefill_tokens: 8, batch_runs: 2.5, batch_tokens: 7 },
      { model: 'b', prefill_tokens: 0, batch_runs: 1, batch_tokens: 1 },
    ]);
  });

  it('has percentiles of the first tokens of the last minute', () => {
    const series = new EngineSeries();
    for (let index = 1; index <= 100; index++) series.firstToken('m', index, START);
    const at = (second: number) => series.point(START / SECOND + second)?.models[0];
    expect(at(0)).toMatchObject({ first_token_p50_ms: 50, first_token_p95_ms: 95, decode_tokens: 0 });
    expect(at(59)).toMatchObject({ first_token_p50_ms: 50 });
    expect(at(60)).toBeUndefined();
  });

  it('keeps five minutes, with points only for seconds with something to show', () => {
    const series = new EngineSeries();
    const seconds = HISTORY_SECONDS + 100;
    for (let index = 0; index < seconds; index += 2) series.counted('m', figures(1), START + index * SECOND);
    const last = START / SECOND + seconds - 1;
    const history = series.history(last);
    expect(history).toHaveLength(HISTORY_SECONDS / 2);
    expect(history[0]?.at).toBe((last - HISTORY_SECONDS + 1) * SECOND);
    expect(tokensAt(series, START)).toBeUndefined();
  });

  it('forgets the models that computed something longest ago', () => {
    const series = new EngineSeries();
    for (let index = 0; index < 60; index++) series.counted(`m${index}`, figures(1), START);
    expect(series.point(START / SECOND)?.models).toHaveLength(50);
  });
});
