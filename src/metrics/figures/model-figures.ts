import { Tally } from '../../protocol/tally.ts';
import { loadSeconds } from './bounds.ts';
import { EngineTotals } from './engine-totals.ts';
import { RecentRate } from './recent-rate.ts';
import { RunTotals } from './run-totals.ts';

export const loadResults = ['loaded', 'failed', 'canceled'] as const;
export type LoadResult = (typeof loadResults)[number];

/** Everything that is counted for one model. */
export class ModelFigures {
  readonly name: string;
  readonly runs = new RunTotals();
  readonly engine = new EngineTotals();
  readonly generation = new RecentRate();
  readonly loads: Record<LoadResult, number> = { loaded: 0, failed: 0, canceled: 0 };
  readonly loadSeconds = new Tally(loadSeconds);

  constructor(name: string) {
    this.name = name;
  }
}
