import { createDeferred } from './deferred.ts';
import { OllamaError } from './errors.ts';

/**
 * Waits for work that others wait for, too: it goes on when this caller leaves.
 * @throws OllamaError `canceled` as soon as the signal is aborted; the error of the work
 */
export async function orCanceled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const left = createDeferred<never>();
  const leave = () => left.reject(new OllamaError('canceled', 'request canceled'));
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    return await Promise.race([left.promise, work]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
