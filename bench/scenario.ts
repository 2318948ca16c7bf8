import type { BenchServer } from './servers/server.ts';

export interface Figure {
  /** What the table calls it, unit included. */
  readonly title: string;
  readonly better: 'higher' | 'lower';
}

/** Something to measure: one run gives one value for each of its figures, or none where the server cannot do it. */
export interface Scenario {
  readonly name: string;
  readonly figures: Readonly<Record<string, Figure>>;
  run(server: BenchServer): Promise<Readonly<Record<string, number | undefined>>>;
}
