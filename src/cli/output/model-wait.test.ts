import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { QueuedRequest, QueueResponse } from '../../api/queue.ts';
import { ModelWait, waitLabel } from './model-wait.ts';

const loading: QueueResponse = {
  active: 0,
  limit: 9,
  queue: [],
  loading: [{ model: 'm:latest', fraction: 0.5 }],
};

function parts(isTTY: boolean) {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 19 });
  const queue = vi.fn<(signal?: AbortSignal) => Promise<QueueResponse>>(async () => loading);
  const wait = new ModelWait({
    client: { queue },
    model: 'm',
    stderr: stderr as unknown as NodeJS.WriteStream,
    environment: {},
  });
  const output = () => String(stderr.read() ?? '');
  return { wait, queue, output };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

it('sends no query and writes nothing without a terminal', async () => {
  const { wait, queue, output } = parts(false);
  wait.start();
  await new Promise((resolve) => setTimeout(resolve, 300));
  wait.stop();
  expect(queue).not.toHaveBeenCalled();
  expect(output()).toBe('');
});

it('fits its label to the terminal, erases it, and stops querying when it is stopped', async () => {
  const { wait, queue, output } = parts(true);
  wait.start();
  await expect.poll(() => queue.mock.calls.length).toBe(1);
  await vi.advanceTimersByTimeAsync(300);
  const shown = output();
  expect(shown).toContain(' loading model 50\u001b[K');
  expect(shown).not.toContain('%');
  const signal = queue.mock.calls[0]?.[0];
  wait.stop();
  expect(output()).toBe('\r\u001b[K');
  expect(signal?.aborted).toBe(true);
});

it('continues without a label if the server does not answer the query', async () => {
  const { wait, queue, output } = parts(true);
  queue.mockRejectedValue(new Error('404 page not found'));
  wait.start();
  await expect.poll(() => queue.mock.calls.length).toBe(1);
  await vi.advanceTimersByTimeAsync(300);
  expect(queue).toHaveBeenCalledTimes(1);
  expect(output()).toContain('\r⠙ \u001b[K');
  wait.stop();
});

const idle: QueueResponse = { active: 0, limit: 512, queue: [], loading: [] };
const waiting = (position: number, model: string): QueuedRequest => ({
  position,
  model,
  priority: 0,
  waited: 1,
  waits_for: 'slot',
});

it('shows the progress of the load in whole percent', () => {
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
])('shows position %i in line', (position, label) => {
  const queue = [waiting(position, 'm:latest'), waiting(position + 1, 'other:latest')];
  expect(waitLabel({ ...idle, queue }, 'm')).toBe(label);
});

it('shows nothing while the answer is being computed', () => {
  expect(waitLabel(idle, 'm')).toBe('');
});
