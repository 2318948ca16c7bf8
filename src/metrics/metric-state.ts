import type { HttpFigures } from './figures/http-figures.ts';
import type { KeyFigures } from './figures/key-figures.ts';
import type { LiveSource, Moment } from './figures/live-figures.ts';
import type { ModelFigures } from './figures/model-figures.ts';

/** Everything that the metrics are read from. */
export interface MetricState {
  readonly version: string;
  readonly models: readonly ModelFigures[];
  readonly http: HttpFigures;
  readonly keys: KeyFigures;
  readonly evictions: number;
  /** Number of runners that died, by reason. */
  readonly deaths: ReadonlyMap<string, number>;
  readonly pulledBytes: number;
  readonly live: Pick<LiveSource, 'memory' | 'diskBytes' | 'upstreams' | 'kvEvents'>;
  readonly moment: Moment;
}
