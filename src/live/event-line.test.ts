import { expect, it } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import type { EngineEvent, EngineState } from '../api/engine-events.ts';
import { EVENT_GAP_MS, EventLine, MOST_WAITING } from './event-line.ts';

const point = (at: number): EngineEvent => ({ type: 'point', at, models: [] });
const state = (at: number): EngineState => ({
  type: 'state',
  at,
  runners: [],
  queue: [],
  devices: [],
  runs: [],
});

function reading() {
  const clock = new FakeClock();
  const line = new EventLine(clock);
  const abort = new AbortController();
  const events = line.read(abort.signal);
  /** Reads one event, as long as it takes. */
  const read = async () => {
    const next = events.next();
    await Promise.resolve();
    clock.advance(EVENT_GAP_MS);
    return (await next).value;
  };
  return { clock, line, abort, events, read };
}

it('drops the oldest events of a client that does not read, and says how many', async () => {
  const { line, read } = reading();
  for (let at = 0; at < MOST_WAITING + 5; at++) line.push(point(at));
  expect(await read()).toEqual({ type: 'lost', events: 5 });
  expect(await read()).toEqual(point(5));
  expect(await read()).toEqual(point(6));
});

it('replaces a state that was not read by a newer one without calling it lost', async () => {
  const { line, read } = reading();
  for (let at = 0; at < 100; at++) line.push(state(at));
  line.push(point(1));
  expect(await read()).toEqual(state(99));
  expect(await read()).toEqual(point(1));
});

it('gives at most ten events a second', async () => {
  const { clock, line, events } = reading();
  line.push(point(1));
  line.push(point(2));
  await events.next();
  let isThere = false;
  const second = events.next().then(() => {
    isThere = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(EVENT_GAP_MS - 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isThere).toBe(false);
  clock.advance(1);
  await second;
  expect(isThere).toBe(true);
});

it('ends at once when the client leaves, whether it waits for an event or for its turn', async () => {
  const waiting = reading();
  const next = waiting.events.next();
  waiting.abort.abort();
  expect((await next).done).toBe(true);
  const pausing = reading();
  pausing.line.push(point(1));
  pausing.line.push(point(2));
  await pausing.events.next();
  const later = pausing.events.next();
  pausing.abort.abort();
  expect((await later).done).toBe(true);
});
