import { expect, it } from 'vitest';
import type { ChildFrame } from '../protocol/frames.ts';
import { Heartbeat } from './heartbeat.ts';

it('reports the number of steps at most once a second, and never without a step', () => {
  const sent: ChildFrame[] = [];
  let now = 0;
  const heartbeat = new Heartbeat({ send: (frame) => sent.push(frame) }, () => now);
  for (now = 0; now < 2500; now += 100) heartbeat.step();
  expect(sent).toEqual([
    { type: 'alive', steps: 11 },
    { type: 'alive', steps: 21 },
  ]);
  now = 60_000;
  expect(sent).toHaveLength(2);
  heartbeat.step();
  expect(sent.at(-1)).toEqual({ type: 'alive', steps: 26 });
});
