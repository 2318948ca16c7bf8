import type { BenchServer } from './servers/server.ts';

export interface Figure {
  /** Name in the table, including the unit. */
  readonly title: string;
  readonly better: 'higher' | 'lower';
  /** What the project aims at, for example "1.25 x"; absent if nothing is aimed at. */
  readonly goal?: string;
}

/** One value for each figure that the server supports. */
export type Values = Readonly<Record<string, number | undefined>>;

/** A measurement. One run gives one value for each figure, or none if the server does not support it. */
export interface Scenario {
  readonly name: string;
  readonly figures: Readonly<Record<string, Figure>>;
  run(server: BenchServer): Promise<Values>;
  /** Compares our server with itself: runs on it in turn with `run`, instead of on the other servers. */
  readonly without?: (server: BenchServer) => Promise<Values>;
  /** How many requests it answers at the same time, if that exceeds the default number of slots. */
  readonly streams?: number;
  /** Whether it needs the model with the large vocabulary. */
  readonly largeVocabulary?: true;
  /** Whether it runs only when it is named. */
  readonly onlyNamed?: true;
}
