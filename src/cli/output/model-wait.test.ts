import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { QueueResponse } from '../../api/queue.ts';
import { ModelWait } from './model-wait.ts';

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

it('asks nothing and writes nothing where there is no terminal', async () => {
  const { wait, queue, output } = parts(false);
  wait.start();
  await new Promise((resolve) => setTimeout(resolve, 300));
  wait.stop();
  expect(queue).not.toHaveBeenCalled();
  expect(output()).toBe('');
});

it('fits its label to the terminal, erases it, and asks no more once stopped', async () => {
  const { wait, queue, output } = parts(true);
  wait.start();
  await vi.waitFor(() => expect(queue).toHaveBeenCalled());
  await vi.advanceTimersByTimeAsync(300);
  const shown = output();
  expect(shown).toContain(' loading model 50\u001b[K');
  expect(shown).not.toContain('%');
  const signal = queue.mock.calls[0]?.[0];
  wait.stop();
  expect(output()).toBe('\r\u001b[K');
  expect(signal?.aborted).toBe(true);
});

it('goes on without a label when the server does not tell', async () => {
  const { wait, queue, output } = parts(true);
  queue.mockRejectedValue(new Error('404 page not found'));
  wait.start();
  await vi.waitFor(() => expect(queue).toHaveBeenCalled());
  await vi.advanceTimersByTimeAsync(300);
  expect(queue).toHaveBeenCalledTimes(1);
  expect(output()).toContain('\r⠙ \u001b[K');
  wait.stop();
});
