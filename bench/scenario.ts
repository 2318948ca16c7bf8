import type { BenchServer } from './servers/server.ts';

export interface Figure {
  /** Name in the table, including the unit. */
  readonly title: string;
  readonly better: 'higher' | 'lower';
}

/** A measurement. One run gives one value for each figure, or none if the server does not support it. */
export interface Scenario {
  readonly name: string;
  readonly figures: Readonly<Record<string, Figure>>;
  run(server: BenchServer): Promise<Readonly<Record<string, number | undefined>>>;
}
