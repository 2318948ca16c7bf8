import type { EngineModelPoint, EnginePoint } from '../api/engine-events.ts';
import type { EngineFigures } from '../protocol/engine-figures.ts';

/** Seconds that the series reaches back. */
export const HISTORY_SECONDS = 300;
/** A second is complete when all reports about it have come: a child reports once a second. */
const COMPLETE_AFTER_SECONDS = 2;
/** Models of a busy server; those that computed something longest ago make room. */
const MOST_MODELS = 50;
/** What the percentiles of the first tokens look back, in seconds: answers begin too seldom for shorter times. */
const FIRST_TOKEN_SECONDS = 60;
/** Kept first tokens of a model: more than most servers have in six minutes; of others, the newest. */
const MOST_FIRST_TOKENS = 2000;
/** A report comes after at most this time, unless nothing was computed before it, in milliseconds. */
const LONGEST_REPORT_MS = 1500;
const SECOND_MS = 1000;

/** What a model computed in a second, or a part of it. */
interface Work {
  prefill: number;
  decode: number;
  drafted: number;
  taken: number;
  calls: number;
  callRuns: number;
  callTokens: number;
  /** Sums of the percentiles, each weighted with the share of its report. */
  gapP50: number;
  gapP95: number;
  gapWeight: number;
}

interface ModelSeries {
  readonly seconds: Map<number, Work>;
  /** Milliseconds since 1970. */
  reportedAt: number;
  readonly firstTokens: { readonly at: number; readonly milliseconds: number }[];
}

/** What the engines computed in each of the last seconds, from their reports. Seconds count from 1970. */
export class EngineSeries {
  readonly #models = new Map<string, ModelSeries>();

  /** @param now when the report came, in milliseconds since 1970 */
  counted(model: string, figures: EngineFigures, now: number): void {
    const series = this.#use(model);
    const before = series.reportedAt;
    series.reportedAt = now;
    const isNext = now > before && now - before <= LONGEST_REPORT_MS;
    for (const [second, share] of sharesOf(isNext ? before : now, now)) {
      const work = series.seconds.get(second) ?? noWork();
      add(work, figures, share);
      series.seconds.set(second, work);
    }
    const oldest = Math.floor(now / SECOND_MS) - HISTORY_SECONDS - COMPLETE_AFTER_SECONDS;
    for (const second of series.seconds.keys()) {
      if (second >= oldest) break;
      series.seconds.delete(second);
    }
  }

  /** An answer began. @param milliseconds since its request */
  firstToken(model: string, milliseconds: number, now: number): void {
    const { firstTokens } = this.#use(model);
    firstTokens.push({ at: now, milliseconds });
    if (firstTokens.length > MOST_FIRST_TOKENS) firstTokens.splice(0, firstTokens.length - MOST_FIRST_TOKENS);
  }

  /** The last second that is complete. */
  lastComplete(now: number): number {
    return Math.floor(now / SECOND_MS) - COMPLETE_AFTER_SECONDS;
  }

  /** @returns undefined for a second without anything to show */
  point(second: number): EnginePoint | undefined {
    const models = [...this.#models].flatMap(([model, series]): EngineModelPoint[] => {
      const work = series.seconds.get(second);
      const first = firstTokensAt(series, second);
      if (!work && !first) return [];
      return [{ model, ...(work ? pointOf(work) : pointOf(noWork())), ...first }];
    });
    return models.length === 0 ? undefined : { type: 'point', at: second * SECOND_MS, models };
  }

  /** The points up to a second, oldest first. */
  history(last: number): EnginePoint[] {
    const seconds = Array.from({ length: HISTORY_SECONDS }, (_, index) => last - HISTORY_SECONDS + 1 + index);
    return seconds.flatMap((second) => this.point(second) ?? []);
  }

  #use(model: string): ModelSeries {
    const series = this.#models.get(model) ?? { seconds: new Map(), reportedAt: 0, firstTokens: [] };
    this.#models.delete(model);
    this.#models.set(model, series);
    const [oldest] = this.#models.keys();
    if (this.#models.size > MOST_MODELS && oldest !== undefined) this.#models.delete(oldest);
    return series;
  }
}

/** The seconds that a period touches, with the share of it in each. */
function sharesOf(from: number, to: number): [second: number, share: number][] {
  const last = Math.floor(to / SECOND_MS);
  if (to <= from) return [[last, 1]];
  const shares: [number, number][] = [];
  for (let second = Math.floor(from / SECOND_MS); second <= last; second++) {
    const part = Math.min(to, (second + 1) * SECOND_MS) - Math.max(from, second * SECOND_MS);
    if (part > 0) shares.push([second, part / (to - from)]);
  }
  return shares;
}

function noWork(): Work {
  const tokens = { prefill: 0, decode: 0, drafted: 0, taken: 0 };
  return { ...tokens, calls: 0, callRuns: 0, callTokens: 0, gapP50: 0, gapP95: 0, gapWeight: 0 };
}

function add(work: Work, figures: EngineFigures, share: number): void {
  work.prefill += figures.prefillTokens * share;
  work.decode += figures.generatedTokens * share;
  work.drafted += figures.draftedTokens * share;
  work.taken += figures.acceptedAt.reduce((sum, count) => sum + count, 0) * share;
  work.calls += figures.callTokens.counts.reduce((sum, count) => sum + count, 0) * share;
  work.callRuns += figures.callSequences * share;
  work.callTokens += figures.callTokens.sum * share;
  if (!figures.intervalMs) return;
  work.gapP50 += figures.intervalMs.p50 * share;
  work.gapP95 += figures.intervalMs.p95 * share;
  work.gapWeight += share;
}

function pointOf(work: Work): Omit<EngineModelPoint, 'model'> {
  return {
    prefill_tokens: rounded(work.prefill),
    decode_tokens: rounded(work.decode),
    drafted_tokens: rounded(work.drafted),
    draft_taken: rounded(work.taken),
    ...(work.calls > 0 && {
      batch_runs: rounded(work.callRuns / work.calls),
      batch_tokens: rounded(work.callTokens / work.calls),
    }),
    ...(work.gapWeight > 0 && {
      gap_p50_ms: rounded(work.gapP50 / work.gapWeight),
      gap_p95_ms: rounded(work.gapP95 / work.gapWeight),
    }),
  };
}

function firstTokensAt({ firstTokens }: ModelSeries, second: number) {
  const end = (second + 1) * SECOND_MS;
  const values = firstTokens
    .filter(({ at }) => at < end && at >= end - FIRST_TOKEN_SECONDS * SECOND_MS)
    .map(({ milliseconds }) => milliseconds)
    .sort((left, right) => left - right);
  if (values.length === 0) return undefined;
  const at = (share: number) => rounded(values[Math.floor(share * (values.length - 1))] ?? 0);
  return { first_token_p50_ms: at(0.5), first_token_p95_ms: at(0.95) };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
