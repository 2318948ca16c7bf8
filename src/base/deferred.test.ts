import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createDeferred } from './deferred.ts';

describe('createDeferred', () => {
  it('settles only once', async () => {
    const deferred = createDeferred<number>();
    deferred.resolve(1);
    deferred.reject(new Error('late'));
    expect(await deferred.promise).toBe(1);
  });

  it('passes the error to awaiters and causes no unhandled rejection without any', async () => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listener);
    const deferred = createDeferred<number>();
    deferred.reject(new Error('broken'));
    await delay(5);
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
    await expect(deferred.promise).rejects.toThrow('broken');
  });
});
