import { describe, expect, it } from 'vitest';
import { type Routing, simulateFleet } from './fleet/fleet.ts';
import { POLLS } from './fleet/report.ts';
import { speedOfEach } from './fleet/worker.ts';

describe('a simulated fleet', () => {
  const run = (routing: Routing, workers = 60) =>
    simulateFleet({ workers, routers: 4, routing, seed: 1, seconds: 45, ...POLLS }).worst;

  it('keeps its longest line within twice the best possible, by the published loads and what a router has sent since', () => {
    const best = run('ideal');
    expect(best).toBeGreaterThan(4);
    expect(run('published and sent')).toBeLessThanOrEqual(2 * best);
    expect(run('random')).toBeGreaterThan(2 * best);
  });

  it('gives each stream its part of the recorded speed', () => {
    expect([0, 1, 4, 8].map((streams) => speedOfEach(streams))).toEqual([0, 103, 131 / 4, 131 / 8]);
    expect(speedOfEach(2) * 2).toBeGreaterThan(103);
    expect(speedOfEach(3) * 3).toBeLessThan(131);
  });
});
