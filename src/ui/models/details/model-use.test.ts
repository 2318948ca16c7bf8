import { expect, it } from 'vitest';
import type { EngineState } from '../../../api/engine-events.ts';
import { stateOf, useOf } from './model-use.ts';

const slot = { tokens: 5, shared_tokens: 0, prompt_tokens: 5 };
const runner = {
  ...{ runner: 1, state: 'ready' as const, load_fraction: 1, load_started_at: 0, context_length: 2048 },
  memory: [],
};
const run = { kind: 'chat' as const, anonymous: false };
const state: EngineState = {
  type: 'state',
  at: 0,
  runners: [
    {
      ...runner,
      model: 'a',
      slots: [
        { slot: 0, run: 7, ...slot },
        { slot: 1, ...slot },
      ],
    },
    { ...runner, model: 'b', slots: [{ slot: 0, run: 8, ...slot }] },
  ],
  queue: [{ position: 1, model: 'a', priority: 0, since_at: 0, waits_for: 'slot' }],
  devices: [],
  runs: [
    { ...run, run: 7, model: 'a' },
    { ...run, run: 8, model: 'b' },
  ],
};

it('finds the runs and the waiting requests of one model', () => {
  expect(useOf(state, 'a')).toEqual({ runs: [{ ...run, run: 7, model: 'a' }], slots: 2, waiting: 1 });
  expect(useOf(state, 'c')).toEqual({ runs: [], slots: 0, waiting: 0 });
});

it('finds the state in the first event and in those that tell one', () => {
  const hello = { type: 'hello', version: 1, now_at: 0, history_seconds: 0, history: [], state } as const;
  expect([stateOf(hello), stateOf(state), stateOf({ type: 'lost', events: 1 })]).toEqual([
    state,
    state,
    undefined,
  ]);
});
