import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import type { QueuedAcquire } from '../../scheduler/scheduler.ts';
import { QueuePlaces } from './queue-place.ts';

const waitingRun = (run: number): QueuedAcquire => ({
  ...{ name: 'm', key: 'm', priority: 0, since: 0, waitedMs: 0 },
  ...{ run, reason: 'slot' },
});

it('looks at the line once for all who ask at the same time, and again later', () => {
  const clock = new FakeClock();
  let line = Array.from({ length: 500 }, (_, index) => waitingRun(index + 1));
  let looks = 0;
  const waiting = () => {
    looks++;
    return line;
  };
  const places = new QueuePlaces({ waiting }, clock);
  for (let run = 1; run <= 500; run++) {
    expect(places.of(run)).toEqual({ position: run, waits_for: 'slot' });
  }
  expect(looks).toBe(1);
  line = line.slice(1);
  clock.advance(100);
  expect(places.of(1)).toBeUndefined();
  expect(places.of(2)).toEqual({ position: 1, waits_for: 'slot' });
  expect(places.of(undefined)).toBeUndefined();
});
