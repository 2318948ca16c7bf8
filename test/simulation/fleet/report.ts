/** `npm run simulate:fleet`: the longest line of a server in fleets of different sizes, as a table. */
import { type FleetOptions, routings, simulateFleet } from './fleet.ts';

/** smg asks for loads as often; a round trip takes less than the delay in one data centre. */
export const POLLS = { pollMs: 1000, delayMs: 50 };
const SECONDS = 60;
const SEED = 1;

/** @param sizes numbers of servers */
export function reportFleets(sizes: readonly number[], write: (text: string) => void): void {
  write(`| servers | routers | requests | ${routings.join(' | ')} |\n`);
  write(`|---:|---:|---:|${routings.map(() => '---:|').join('')}\n`);
  for (const workers of sizes) {
    for (const routers of [1, 4]) {
      const options: Omit<FleetOptions, 'routing'> = {
        workers,
        routers,
        seed: SEED,
        seconds: SECONDS,
        ...POLLS,
      };
      const results = routings.map((routing) => simulateFleet({ ...options, routing }));
      const best = results[0]?.worst ?? 1;
      const cells = results.map(({ worst }) => `${worst} (${(worst / best).toFixed(2)} x)`);
      write(`| ${workers} | ${routers} | ${results[0]?.requests} | ${cells.join(' | ')} |\n`);
    }
  }
}
