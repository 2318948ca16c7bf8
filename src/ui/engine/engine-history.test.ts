import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { EngineEvent, EnginePoint, EngineRunner, EngineState } from '../../api/engine-events.ts';
import { EngineHistory, HISTORY_MS } from './engine-history.ts';
import { factsOf, rateOf } from './runs/run-facts.ts';

const examples = JSON.parse(
  readFileSync(new URL('../../../test/fakes/engine/engine-events.json', import.meta.url), 'utf8'),
) as EngineEvent[];

function historyOf(events: readonly EngineEvent[]): EngineHistory {
  const history = new EngineHistory();
  for (const event of events) history.take(event);
  return history;
}

const state = (at: number, runners: EngineRunner[] = []): EngineState => ({
  ...{ type: 'state', at, runners, queue: [], devices: [], runs: [] },
});
const runner = (number: number, fields: Partial<EngineRunner> = {}): EngineRunner => ({
  ...{ runner: number, model: 'm', state: 'ready', load_fraction: 1, load_started_at: 1000 },
  ...{ loaded_at: 2000, context_length: 2048, memory: [] },
  slots: [{ slot: 0, tokens: 0, shared_tokens: 0, prompt_tokens: 0 }],
  ...fields,
});
const steps = (run: number, started_at: number, slot = 0): EngineEvent => ({
  type: 'steps',
  blocks: [
    {
      ...{ runner: 1, started_at, duration_ms: 100, calls: 5, tokens: 5 },
      shares: [
        {
          ...{ run, slot, prefill_ms: 0, decode_ms: 100, prefill_tokens: 0, decode_tokens: 5 },
          ...{ draft_taken: 0, draft_refused: 0 },
        },
      ],
    },
  ],
  runs: [{ run, kind: 'chat', model: 'm', anonymous: false }],
});
const point = (at: number): EnginePoint => ({ type: 'point', at, models: [] });

it('takes each kind of event that the server describes', () => {
  const history = historyOf(examples);
  expect([...history.lanes.keys()]).toEqual(['1/0', '1/1', '1/2', '2/0']);
  expect(history.state.queue).toHaveLength(2);
  expect(history.points.map(({ at }) => at)).toEqual([1789999998000, 1790000001000]);
  expect(history.lost).toBe(12);
  const kinds = history.lanes.get('1/0')?.phases.map(({ kind }) => kind);
  expect(kinds).toEqual(['load', 'prefill', 'decode']);
});

it('ignores kinds of events that come with later versions', () => {
  expect(() => new EngineHistory().take({ type: 'later' } as unknown as EngineEvent)).not.toThrow();
});

it('knows of a run where its prompt came from and how fast its parts were', () => {
  const facts = factsOf(historyOf(examples), 7);
  expect(facts?.prompt).toMatchObject({ slot_tokens: 320, computed_tokens: 280 });
  expect(facts?.prefill.tokens).toBe(140);
  expect(facts && rateOf(facts.decode)).toBeCloseTo((5 / 35.1) * 1000, 0);
  expect(factsOf(historyOf(examples), 99)).toBeUndefined();
});

it('shows a load until it ends, and ends the lanes of a runner that is not there any more', () => {
  const { loaded_at: _, ...unready } = runner(1, { state: 'loading', load_fraction: 0.5 });
  const history = historyOf([state(1500, [unready])]);
  const lane = history.lanes.get('1/0');
  expect(lane?.phases[0]).toMatchObject({ kind: 'load', startedAt: 1000, open: true });
  history.take(state(2500, [runner(1)]));
  expect(lane?.phases).toHaveLength(1);
  expect(lane?.phases[0]).toMatchObject({ open: false, endedAt: 2000 });
  history.take(state(4000));
  expect(lane?.until).toBe(4000);
});

it('claims nothing about the time in which the stream was closed', () => {
  const history = new EngineHistory();
  const hello = (now_at: number): EngineEvent => ({
    ...{ type: 'hello', version: 1, now_at, history_seconds: 300, history: [], state: state(now_at) },
  });
  history.take(hello(1000));
  history.close(5000);
  history.take(hello(8000));
  expect(history.watched).toEqual([
    { from: 1000, to: 5000 },
    { from: 8000, to: undefined },
  ]);
});

it('merges the history that comes again after a reconnection', () => {
  const history = historyOf([point(3000), point(1000), point(2000), point(3000)]);
  expect(history.points.map(({ at }) => at)).toEqual([1000, 2000, 3000]);
});

it('stays bounded in a day of work', () => {
  const history = historyOf([state(0, [runner(1)])]);
  const dayMs = 24 * 3600_000;
  for (let at = 0; at < dayMs; at += 2000) {
    history.take(steps(Math.floor(at / 4000), at));
    history.take(point(at));
    history.forget(at);
  }
  const phases = history.lanes.get('1/0')?.phases ?? [];
  expect(phases.length).toBeLessThan(HISTORY_MS / 4000 + 5);
  expect(history.runs.size).toBeLessThan(HISTORY_MS / 4000 + 5);
  expect(history.points.length).toBeLessThanOrEqual(HISTORY_MS / 1000 + 2);
});

it('holds no more lanes than can be drawn, and gives up those that ended first', () => {
  const history = historyOf([state(0, [runner(1)])]);
  for (let slot = 0; slot < 500; slot++) history.take(steps(1, 1000, slot));
  expect(history.lanes.size).toBe(128);
  history.take(state(2000));
  history.take(state(3000, [runner(2)]));
  expect(history.lanes.has('2/0')).toBe(true);
  expect(history.lanes.size).toBe(128);
});
