import { expect, it } from 'vitest';
import { createDeferred } from './deferred.ts';
import { orCanceled } from './or-canceled.ts';

it('waits for the work', async () => {
  const { signal } = new AbortController();
  expect(await orCanceled(Promise.resolve('done'), signal)).toBe('done');
  await expect(orCanceled(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed');
});

it('leaves as soon as the signal is aborted, and ignores what the work does then', async () => {
  const work = createDeferred<string>();
  const controller = new AbortController();
  const first = orCanceled(work.promise, controller.signal);
  const second = orCanceled(work.promise, new AbortController().signal);
  controller.abort();
  await expect(first).rejects.toMatchObject({ code: 'canceled' });
  await expect(orCanceled(Promise.reject(new Error('failed')), controller.signal)).rejects.toMatchObject({
    code: 'canceled',
  });
  work.resolve('done');
  expect(await second).toBe('done');
});
