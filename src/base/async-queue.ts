type Merge<T> = (last: T, next: T) => T | undefined;

/** What a queue may hold. */
interface QueueBound<T> {
  readonly weigh: (item: T) => number;
  readonly max: number;
  /** Called when the items that nobody has read weigh more than `max`. */
  readonly onFull: () => void;
}

/** Below this length nothing is merged, so that readers that keep up receive every item separately. */
const MERGED_FROM = 64;

/**
 * A queue that events write to and one reader consumes with `for await`. `end()` or `fail(error)` ends it; later pushes
 * are ignored.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #merged: Merge<T> | undefined;
  #ending: { error?: unknown } | undefined;
  #wake: (() => void) | undefined;
  readonly #bound: QueueBound<T> | undefined;
  #weight = 0;

  /** @param merged combines two neighbouring items if possible, so that a slow reader gets few large items */
  constructor(merged?: Merge<T>, bound?: QueueBound<T>) {
    this.#merged = merged;
    this.#bound = bound;
  }

  push(item: T): void {
    if (this.#ending) return;
    const last = this.#items.at(-1);
    const isCrowded = this.#items.length >= MERGED_FROM && last !== undefined;
    const merged = isCrowded ? this.#merged?.(last, item) : undefined;
    if (merged === undefined) this.#items.push(item);
    else this.#items[this.#items.length - 1] = merged;
    this.#wake?.();
    if (!this.#bound) return;
    this.#weight += this.#bound.weigh(item);
    if (this.#weight > this.#bound.max) this.#bound.onFull();
  }

  end(): void {
    this.#ending ??= {};
    this.#wake?.();
  }

  /** Items that are already queued are still delivered before the reader gets the error. */
  fail(error: unknown): void {
    this.#ending ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const batch = this.#items.splice(0);
      this.#weight = 0;
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
