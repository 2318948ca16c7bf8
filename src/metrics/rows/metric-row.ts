import type { Tally } from '../../protocol/tally.ts';
import type { MetricState } from '../metric-state.ts';

/** Where the figures of a metric come from; a metric is written again only when something has changed there. */
export type Source = 'runs' | 'engine' | 'scheduler' | 'server' | 'live' | 'process';

type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface TallySample {
  readonly labels: Labels;
  readonly tally: Tally;
}

interface CommonRow {
  /** As it is written: the name of a counter ends in `_total`. */
  readonly name: string;
  readonly labels: readonly string[];
  /** One sentence without a full stop. */
  readonly help: string;
  readonly source: Source;
}

export interface NumberRow extends CommonRow {
  readonly type: 'counter' | 'gauge';
  readonly read: (state: MetricState) => readonly Sample[];
}

export interface HistogramRow extends CommonRow {
  readonly type: 'histogram';
  readonly bounds: readonly number[];
  readonly read: (state: MetricState) => readonly TallySample[];
}

/** One metric: what it is called, what it means, and how it is read. */
export type MetricRow = NumberRow | HistogramRow;
