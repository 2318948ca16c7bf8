import { describe, expect, it } from 'vitest';
import { rounds, seedOfToday } from '../scale.ts';
import { randomScenario } from './scenario.ts';
import { Simulation } from './simulation.ts';
import { timelineOf } from './timeline.ts';

const SCHEDULES = rounds({ change: 1000, long: 5000, nightly: 200_000 });
const TIMEOUT_MS = rounds({ change: 60_000, long: 300_000, nightly: 3_600_000 });
/** The seeds change every day and stay the same during that day; SIMULATION_SEED runs a single one. */
const FIRST_SEED = seedOfToday();
const only = process.env.SIMULATION_SEED;

describe('the scheduling policy, with thousands of random schedules', () => {
  it(
    'never deadlocks, starves a request, overfills memory, lets a request overtake, or ends a request twice',
    () => {
      const first = only === undefined ? FIRST_SEED : Number(only);
      const count = only === undefined ? SCHEDULES : 1;
      for (let seed = first; seed < first + count; seed += 1) new Simulation(randomScenario(seed)).run();
    },
    TIMEOUT_MS,
  );

  it('can be drawn as a timeline', () => {
    const simulation = new Simulation(randomScenario(3));
    simulation.run();
    const text = timelineOf(simulation.moments);
    expect(text).toMatch(/^model-\d+ +[|]/m);
    expect(text).toContain('L');
  });
});
