import type { Scenario } from './scenario.ts';
import type { BenchServer } from './servers/server.ts';
import { median, medianRatio } from './statistics.ts';
import type { TableRow } from './table.ts';

type Values = Readonly<Record<string, number | undefined>>;

export interface Sides {
  readonly ours: BenchServer;
  readonly peer: BenchServer | undefined;
}

/** Runs a scenario on both servers, round by round; the servers alternate in going first. */
export async function compare(scenario: Scenario, sides: Sides, rounds: number): Promise<TableRow[]> {
  const ours: Values[] = [];
  const peers: Values[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const runs = [
      async () => void ours.push(await scenario.run(sides.ours)),
      async () => void peers.push(sides.peer ? await scenario.run(sides.peer) : {}),
    ];
    for (const run of round % 2 === 0 ? runs : runs.reverse()) await run();
  }
  return Object.entries(scenario.figures).map(([key, { title, better }]) => {
    const own = ours.map((values) => values[key]);
    const other = peers.map((values) => values[key]);
    return row(title, better, own, other);
  });
}

export function row(
  title: string,
  better: TableRow['better'],
  ours: readonly (number | undefined)[],
  peers: readonly (number | undefined)[],
): TableRow {
  const present = (values: readonly (number | undefined)[]) => values.filter((value) => value !== undefined);
  return {
    title,
    better,
    ours: median(present(ours)),
    peer: median(present(peers)),
    ratio: medianRatio(ours, peers),
  };
}
