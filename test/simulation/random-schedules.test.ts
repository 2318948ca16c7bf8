import { describe, expect, it } from 'vitest';
import { randomScenario } from './scenario.ts';
import { Simulation } from './simulation.ts';
import { timelineOf } from './timeline.ts';

const SCHEDULES = 10_000;
/** The seeds change every day and stay the same during that day; SIMULATION_SEED runs a single one. */
const FIRST_SEED = Math.floor(Date.now() / 86_400_000) * SCHEDULES;
const only = process.env.SIMULATION_SEED;

describe('the scheduling policy, with thousands of random schedules', () => {
  it('never deadlocks, starves a request, overfills memory, lets a request overtake, or ends a request twice', () => {
    const first = only === undefined ? FIRST_SEED : Number(only);
    const count = only === undefined ? SCHEDULES : 1;
    for (let seed = first; seed < first + count; seed += 1) new Simulation(randomScenario(seed)).run();
  }, 300_000);

  it('can be drawn as a timeline', () => {
    const simulation = new Simulation(randomScenario(3));
    simulation.run();
    const text = timelineOf(simulation.moments);
    expect(text).toMatch(/^model-\d+ +[|]/m);
    expect(text).toContain('L');
  });
});
