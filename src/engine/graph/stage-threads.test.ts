import { expect, it } from 'vitest';
import { StageThreads } from './stage-threads.ts';

it('sets the number of threads before each stage, within what an idle machine uses, and passes on the result', async () => {
  const calls: (number | string)[] = [];
  const stages = new StageThreads({ setThreads: (threads) => calls.push(threads) }, 1);
  stages.begin();
  for (const name of ['first', 'second']) {
    const result = await stages.measure(async () => {
      calls.push(name);
      return name;
    });
    expect(result).toBe(name);
  }
  expect(calls).toEqual([1, 'first', 1, 'second']);
});

it('passes on what a stage throws', async () => {
  const stages = new StageThreads({ setThreads: () => undefined }, 2);
  await expect(stages.measure(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
});
