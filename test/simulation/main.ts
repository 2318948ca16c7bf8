/** Plays one random schedule and draws it, or measures the cost of the policy. */
import { policyCost } from './cost.ts';
import { reportFleets } from './fleet/report.ts';
import { randomScenario } from './scenario.ts';
import { Simulation } from './simulation.ts';
import { timelineOf } from './timeline.ts';

const usage = `Usage: npm run simulate -- [SEED]   draw the schedule of this seed, or of a random one
       npm run simulate -- --cost   measure the policy's time per request while others wait
       npm run simulate:fleet       show the longest lines of up to 1,000 servers behind routers
`;

function main([argument = String(Math.floor(Math.random() * 2 ** 31))]: readonly string[]): number {
  if (argument === '--cost') {
    for (const waiting of [0, 100, 500]) {
      const microseconds = policyCost(waiting);
      process.stdout.write(`${waiting} waiting: ${microseconds.toFixed(0)} microseconds per request\n`);
    }
    return 0;
  }
  if (argument === '--fleet') {
    reportFleets([10, 100, 1000], (text) => process.stdout.write(text));
    return 0;
  }
  const seed = Number(argument);
  if (!Number.isSafeInteger(seed)) {
    process.stderr.write(usage);
    return 1;
  }
  return draw(seed);
}

function draw(seed: number): number {
  const simulation = new Simulation(randomScenario(seed));
  let failure: unknown;
  try {
    simulation.run();
  } catch (error) {
    failure = error;
  }
  process.stdout.write(`seed ${seed}\n${timelineOf(simulation.moments)}`);
  if (failure === undefined) return 0;
  process.stderr.write(`${failure}\n`);
  return 1;
}

process.exitCode = main(process.argv.slice(2));
