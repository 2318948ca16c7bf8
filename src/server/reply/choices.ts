/** Merges several runs that answer one request. */

export interface Part<Chunk> {
  readonly index: number;
  readonly chunk: Chunk;
}

/** The chunks of a single run. */
export function onlyChoice<Chunk>(
  run: AsyncGenerator<Chunk, void, undefined>,
): AsyncIterableIterator<Part<Chunk>, void> {
  const part = (result: IteratorResult<Chunk, void>): IteratorResult<Part<Chunk>, void> =>
    result.done ? result : { value: { index: 0, chunk: result.value }, done: false };
  const parts: AsyncIterableIterator<Part<Chunk>, void> = {
    next: () => run.next().then(part),
    return: () => run.return().then(part),
    [Symbol.asyncIterator]: () => parts,
  };
  return parts;
}

/** Yields the chunks of all runs as they arrive. When one run fails or the reader stops, all runs are ended. */
export async function* mergedChoices<Chunk>(
  runs: readonly AsyncGenerator<Chunk, void, undefined>[],
): AsyncGenerator<Part<Chunk>, void, undefined> {
  const next = async (index: number) => ({ index, result: await runs[index]?.next() });
  const waiting = new Map(runs.map((_, index) => [index, next(index)]));
  try {
    while (waiting.size > 0) {
      const { index, result } = await Promise.race(waiting.values());
      if (!result || result.done) waiting.delete(index);
      else {
        waiting.set(index, next(index));
        yield { index, chunk: result.value };
      }
    }
  } finally {
    // Runs that are still going must not cause an unhandled rejection.
    for (const pending of waiting.values()) pending.catch(() => undefined);
    await Promise.allSettled(runs.map((run) => run.return()));
  }
}
