type Merge<T> = (last: T, next: T) => T | undefined;

/** Fewer are no burden, and readers that keep up see every item for itself. */
const MERGED_FROM = 64;

/**
 * A queue written by events and read with `for await`. Ends by `end()` or `fail(error)`, after which pushes are
 * ignored. One reader only.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #merged: Merge<T> | undefined;
  #ending: { error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** @param merged two neighbours as one, if they can be: a slow reader then gets few large items, not many small ones */
  constructor(merged?: Merge<T>) {
    this.#merged = merged;
  }

  push(item: T): void {
    if (this.#ending) return;
    const last = this.#items.at(-1);
    const isCrowded = this.#items.length >= MERGED_FROM && last !== undefined;
    const merged = isCrowded ? this.#merged?.(last, item) : undefined;
    if (merged === undefined) this.#items.push(item);
    else this.#items[this.#items.length - 1] = merged;
    this.#wake?.();
  }

  end(): void {
    this.#ending ??= {};
    this.#wake?.();
  }

  /** What was pushed before is still delivered, then the reader gets the error. */
  fail(error: unknown): void {
    this.#ending ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const batch = this.#items.splice(0);
      yield* batch;
      if (this.#items.length > 0) continue;
      if (this.#ending) {
        if ('error' in this.#ending) throw this.#ending.error;
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
