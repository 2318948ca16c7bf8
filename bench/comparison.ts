import type { Figure, Scenario, Values } from './scenario.ts';
import type { BenchServer } from './servers/server.ts';
import { median, medianRatio } from './statistics.ts';
import type { TableRow } from './table.ts';

export interface Sides {
  readonly ours: BenchServer;
  /** Those that our server is compared with: the peer, and an earlier build. */
  readonly others: readonly BenchServer[];
}

/** Runs a scenario on all servers, round by round; they take turns at going first. */
export async function compare(scenario: Scenario, sides: Sides, rounds: number): Promise<TableRow[]> {
  const { ours, others } = sides;
  const { without } = scenario;
  const runs = without
    ? [() => scenario.run(ours), () => without(ours)]
    : [ours, ...others].map((server) => () => scenario.run(server));
  const values: Values[][] = runs.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const turn of runs.keys()) {
      const index = (turn + round) % runs.length;
      const result = await runs[index]?.();
      if (result) values[index]?.push(result);
    }
  }
  return Object.entries(scenario.figures).map(([key, figure]) => {
    const [own = [], ...rest] = values.map((runsOfOne) => runsOfOne.map((found) => found[key]));
    return row(figure, own, rest);
  });
}

/** @param others the values of each other side, in the order of the rounds */
export function row(
  { title, better, goal }: Figure,
  ours: readonly (number | undefined)[],
  others: readonly (readonly (number | undefined)[])[],
): TableRow {
  const present = (values: readonly (number | undefined)[]) => values.filter((value) => value !== undefined);
  return {
    title,
    better,
    goal,
    ours: median(present(ours)),
    others: others.map((values) => ({
      value: median(present(values)),
      ratio: medianRatio(ours, values),
    })),
  };
}
