/** Several runs at once, as the answers to one request. */

interface Part<Chunk> {
  readonly index: number;
  readonly chunk: Chunk;
}

/** Their chunks as they come. When one fails all do; when the reader leaves, all are ended. */
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
    // What still runs must not end in an error that nobody hears.
    for (const pending of waiting.values()) pending.catch(() => undefined);
    await Promise.allSettled(runs.map((run) => run.return()));
  }
}
