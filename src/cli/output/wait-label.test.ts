import { expect, it } from 'vitest';
import type { QueuedRequest, QueueResponse } from '../../api/queue.ts';
import { waitLabel } from './wait-label.ts';

const idle: QueueResponse = { active: 0, limit: 512, queue: [], loading: [] };
const waiting = (position: number, model: string): QueuedRequest => ({
  position,
  model,
  priority: 0,
  waited: 1,
  waits_for: 'slot',
});

it('tells how far the load of the model is, in whole percent', () => {
  const loading = [
    { model: 'other:latest', fraction: 0.1 },
    { model: 'm:latest', fraction: 0.459 },
  ];
  expect(waitLabel({ ...idle, loading }, 'm')).toBe('loading model 45%');
  expect(waitLabel({ ...idle, loading }, 'm:1b')).toBe('');
});

it.each([
  [1, 'waiting, next in line'],
  [2, 'waiting, 2nd in line'],
  [3, 'waiting, 3rd in line'],
  [11, 'waiting, 11th in line'],
  [21, 'waiting, 21st in line'],
])('tells the place %i in the line', (position, label) => {
  const queue = [waiting(position, 'm:latest'), waiting(position + 1, 'other:latest')];
  expect(waitLabel({ ...idle, queue }, 'm')).toBe(label);
});

it('says nothing while the answer is being computed', () => {
  expect(waitLabel(idle, 'm')).toBe('');
});
