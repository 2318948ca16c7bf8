import type { Clock } from './clock.ts';
import { createDeferred } from './deferred.ts';
import { throwIfCanceled } from './errors.ts';

/** Waits; when the signal is aborted, throws `canceled` at once. */
export async function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  throwIfCanceled(signal);
  const { promise, resolve } = createDeferred<void>();
  const wake = () => resolve();
  const cancelTimer = clock.after(milliseconds, wake);
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  cancelTimer();
  signal.removeEventListener('abort', wake);
  throwIfCanceled(signal);
}
