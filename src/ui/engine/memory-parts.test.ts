import { expect, it } from 'vitest';
import type { EngineMemoryPart, EngineRunner } from '../../api/engine-events.ts';
import { barOf, memoryByDevice } from './memory-parts.ts';

const part = (device: string, fields: Partial<EngineMemoryPart>): EngineMemoryPart => ({
  ...{ device, weights_bytes: 0, kv_bytes: 0, kv_held_bytes: 0, kv_idle_bytes: 0 },
  ...{ compute_bytes: 0, other_bytes: 0 },
  ...fields,
});
const runner = (state: EngineRunner['state'], ...memory: EngineMemoryPart[]): EngineRunner => ({
  ...{ runner: 1, model: 'm', state, load_fraction: 1, load_started_at: 0, context_length: 8 },
  ...{ slots: [], memory },
});
const stateOf = (runners: EngineRunner[], total_bytes: number, free_bytes: number) =>
  memoryByDevice({
    ...{ type: 'state' as const, at: 0, runners, queue: [], runs: [] },
    devices: [{ device: 'system', total_bytes, free_bytes }],
  });

it('divides a device into parts of models, other programs and free memory', () => {
  const memory = part('system', { weights_bytes: 40, kv_bytes: 20, kv_held_bytes: 5, kv_idle_bytes: 3 });
  const [device] = stateOf([runner('ready', memory)], 100, 25);
  expect(device && barOf(device)).toEqual([
    { kind: 'weights', amount: 40 },
    { kind: 'kvHeld', amount: 5 },
    { kind: 'kvIdle', amount: 3 },
    { kind: 'kvFree', amount: 12 },
    { kind: 'others', amount: 15 },
    { kind: 'free', amount: 25 },
  ]);
});

it('shows the whole estimate of a model that is being loaded', () => {
  const [device] = stateOf([runner('loading', part('system', { other_bytes: 30 }))], 100, 50);
  expect(device && barOf(device)[0]).toEqual({ kind: 'loading', amount: 30 });
});

it('never shows more than there is when measured and computed amounts do not agree', () => {
  const [device] = stateOf([runner('ready', part('system', { weights_bytes: 90 }))], 100, 50);
  expect(device).toMatchObject({ total: 100, free: 10, others: 0 });
});

it('shows a device that only a model names', () => {
  const devices = stateOf([runner('ready', part('CUDA0', { weights_bytes: 7 }))], 100, 50);
  expect(devices.map(({ device, total }) => [device, total])).toEqual([
    ['system', 100],
    ['CUDA0', 7],
  ]);
});
