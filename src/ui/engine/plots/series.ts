/** The points of the engine's events as lines of plots. */
import type { EngineModelPoint, EnginePoint } from '../../../api/engine-events.ts';

/** One value for each second; null = there was none. */
type Line = (number | null)[];

export interface Series {
  /** Seconds before the end of the window, as negative numbers. */
  readonly seconds: number[];
  readonly decode: Line;
  readonly prefill: Line;
  readonly firstTokenP50: Line;
  readonly firstTokenP95: Line;
  readonly gapP50: Line;
  readonly gapP95: Line;
  readonly batch: Line;
  /** Taken tokens of all drafted ones, from 0 to 1. */
  readonly drafts: Line;
}

export type LineName = Exclude<keyof Series, 'seconds'>;

/** All models of which something is known. */
export function modelsOf(points: readonly EnginePoint[]): string[] {
  return [...new Set(points.flatMap(({ models }) => models.map(({ model }) => model)))].sort();
}

/**
 * @param to the end of the window; milliseconds since 1970
 * @param length of the window in seconds
 * @param model whose lines to make; undefined = the sums of all models, and the highest percentiles among them
 */
export function seriesOf(points: readonly EnginePoint[], to: number, length: number, model?: string): Series {
  const last = Math.floor(to / 1000);
  const bySecond = new Map(points.map((point) => [Math.floor(point.at / 1000), point]));
  const newest = points.at(-1)?.at;
  const series: Series = {
    seconds: [],
    ...{ decode: [], prefill: [], firstTokenP50: [], firstTokenP95: [] },
    ...{ gapP50: [], gapP95: [], batch: [], drafts: [] },
  };
  for (let second = last - length; second <= last; second++) {
    const models = (bySecond.get(second)?.models ?? []).filter((one) => !model || one.model === model);
    series.seconds.push(second - last);
    // The last seconds are not reported yet: nothing rather than 0.
    const isKnown = newest === undefined || second * 1000 <= Math.max(newest, to - UNREPORTED_MS);
    addSecond(series, models, isKnown);
  }
  return series;
}

/** Points come about two seconds late. */
const UNREPORTED_MS = 4000;

function addSecond(series: Series, models: readonly EngineModelPoint[], isKnown: boolean): void {
  const sum = (value: (model: EngineModelPoint) => number) =>
    isKnown ? models.reduce((total, model) => total + value(model), 0) : null;
  const highest = (value: (model: EngineModelPoint) => number | undefined) => {
    const values = models.map(value).filter((one) => one !== undefined);
    return values.length > 0 ? Math.max(...values) : null;
  };
  series.decode.push(sum((model) => model.decode_tokens));
  series.prefill.push(sum((model) => model.prefill_tokens));
  series.firstTokenP50.push(highest((model) => model.first_token_p50_ms));
  series.firstTokenP95.push(highest((model) => model.first_token_p95_ms));
  series.gapP50.push(highest((model) => model.gap_p50_ms));
  series.gapP95.push(highest((model) => model.gap_p95_ms));
  series.batch.push(highest((model) => model.batch_runs));
  const drafted = sum((model) => model.drafted_tokens) ?? 0;
  const taken = sum((model) => model.draft_taken) ?? 0;
  series.drafts.push(drafted > 0 ? taken / drafted : null);
}

/** The latest value of a line; undefined = there is none. */
export function latestOf(line: Line): number | undefined {
  return line.findLast((value) => value !== null) ?? undefined;
}

/** The places of values without neighbours, which a line would not show. */
export function isolatedOf(line: readonly (number | null | undefined)[]): number[] {
  const isEmpty = (index: number) => line[index] === null || line[index] === undefined;
  return line.flatMap((_, index) =>
    !isEmpty(index) && isEmpty(index - 1) && isEmpty(index + 1) ? [index] : [],
  );
}
