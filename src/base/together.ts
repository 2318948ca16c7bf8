/**
 * Does the work for each item in order, with at most `limit` items at a time. The first failure aborts the signal of the
 * others and is thrown when all of them have ended.
 */
export async function runTogether<T>(
  items: Iterable<T>,
  limit: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const group = new AbortController();
  const abort = () => group.abort();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  let failure: { readonly error: unknown } | undefined;
  const queue = items[Symbol.iterator]();
  const takeTurns = async () => {
    for (let next = queue.next(); !next.done && !failure; next = queue.next()) {
      try {
        await work(next.value, group.signal);
      } catch (error) {
        failure ??= { error };
        abort();
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, takeTurns));
  signal.removeEventListener('abort', abort);
  if (failure) throw failure.error;
}
