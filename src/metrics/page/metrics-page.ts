import { performance } from 'node:perf_hooks';
import type { MetricState } from '../metric-state.ts';
import type { MetricRow, Source } from '../rows/metric-row.ts';
import { type PageFormat, PromMetric } from './prom-metric.ts';

/** A metric is written again at the first request after this time, whatever it takes. */
const OLDEST_MS = 2000;
/** A metric is not written again within this time: children report once a second, and a router asks 20 times. */
const FRESH_MS = 1000;
/** Milliseconds of one request for metrics that could wait for the next. Twenty a second get round all of them in time. */
const BUDGET_MS = 0.35;

/** Number of changes at each source so far. */
export type Changes = Readonly<Record<Exclude<Source, 'live' | 'process'>, number>>;

interface PageParts {
  readonly rows: readonly MetricRow[];
  readonly format: PageFormat;
  readonly state: () => MetricState;
  readonly changes: Changes;
  /** Milliseconds of a monotonic clock; absent = `performance.now()`. */
  readonly now?: () => number;
}

interface Block {
  readonly metric: PromMetric;
  readonly source: Source;
  bytes: Buffer;
  writtenAt: number;
  /** Number of changes of the source that it contains. */
  seen: number;
}

const end = { prometheus: '', openMetrics: '# EOF\n' } as const;

/**
 * The page of all metrics. Live ones are written at every request. The others are kept, and of those that have changed, each
 * request writes some again, the oldest first: no figure is older than two seconds, and frequent requests stay cheap.
 */
export class MetricsPage {
  readonly #blocks: readonly Block[];
  readonly #changes: Changes;
  readonly #end: Buffer;
  readonly #now: () => number;
  #writing: Promise<readonly Buffer[]> | undefined;

  constructor({ rows, format, state, changes, now = () => performance.now() }: PageParts) {
    this.#changes = changes;
    this.#end = Buffer.from(end[format]);
    this.#now = now;
    this.#blocks = rows.map((row) => ({
      metric: new PromMetric(row, state, format),
      source: row.source,
      bytes: Buffer.alloc(0),
      writtenAt: Number.NEGATIVE_INFINITY,
      seen: -1,
    }));
  }

  /** The parts of the page, one after another. Requests that come at the same time get the same page. */
  chunks(): Promise<readonly Buffer[]> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(): Promise<readonly Buffer[]> {
    const started = this.#now();
    for (const block of this.#due(started)) {
      const mayWait = block.source !== 'live' && started - block.writtenAt < OLDEST_MS;
      if (mayWait && this.#now() - started > BUDGET_MS) continue;
      block.seen = this.#seenOf(block.source);
      block.bytes = Buffer.from(`${await block.metric.text()}\n`);
      block.writtenAt = started;
    }
    return [...this.#blocks.map(({ bytes }) => bytes), this.#end];
  }

  /** The metrics to write, live ones first, then the oldest. */
  #due(now: number): Block[] {
    const isDue = ({ source, writtenAt, seen }: Block) =>
      source === 'live' || (now - writtenAt >= FRESH_MS && seen !== this.#seenOf(source));
    const order = ({ source, writtenAt }: Block) =>
      source === 'live' ? Number.NEGATIVE_INFINITY : writtenAt;
    return this.#blocks.filter(isDue).sort((left, right) => compare(order(left), order(right)));
  }

  #seenOf(source: Source): number {
    if (source === 'live') return 0;
    // Nobody counts what changes outside.
    return source === 'process' ? Number.NaN : this.#changes[source];
  }
}

/** Also of infinities, whose difference is not a number. */
function compare(left: number, right: number): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
