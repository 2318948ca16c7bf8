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

type Result<T> = IteratorResult<T, undefined>;

interface Reader<T> {
  readonly resolve: (result: Result<T>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A queue that events write to and one reader consumes with `for await`. `end()` or `fail(error)` ends it; later pushes
 * are ignored. It passes on each token of each stream, so its iterator is written by hand: a generator costs several
 * times as much.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  /** Not yet taken by the reader. */
  #items: T[] = [];
  /** Taken by the reader, who gets them one by one. */
  #taken: T[] = [];
  #next = 0;
  readonly #merged: Merge<T> | undefined;
  #ending: { error?: unknown } | undefined;
  /** The reader that waits for an item. */
  #reader: Reader<T> | undefined;
  readonly #bound: QueueBound<T> | undefined;
  #weight = 0;

  /** @param merged combines two neighbouring items if possible, so that a slow reader gets few large items */
  constructor(merged?: Merge<T>, bound?: QueueBound<T>) {
    this.#merged = merged;
    this.#bound = bound;
  }

  push(item: T): void {
    if (this.#ending) return;
    if (this.#reader) {
      this.#reader.resolve({ value: item, done: false });
      this.#reader = undefined;
      return;
    }
    const last = this.#items.at(-1);
    const isCrowded = this.#items.length >= MERGED_FROM && last !== undefined;
    const merged = isCrowded ? this.#merged?.(last, item) : undefined;
    if (merged === undefined) this.#items.push(item);
    else this.#items[this.#items.length - 1] = merged;
    if (!this.#bound) return;
    this.#weight += this.#bound.weigh(item);
    if (this.#weight > this.#bound.max) this.#bound.onFull();
  }

  end(): void {
    this.#ending ??= {};
    this.#reader?.resolve({ value: undefined, done: true });
    this.#reader = undefined;
  }

  /** Items that are already queued are still delivered before the reader gets the error. */
  fail(error: unknown): void {
    if (this.#ending) return;
    this.#ending = this.#reader ? {} : { error };
    this.#reader?.reject(error);
    this.#reader = undefined;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    let hasLeft = false;
    const iterator: AsyncIterableIterator<T, undefined> = {
      next: () => (hasLeft ? Promise.resolve({ value: undefined, done: true }) : this.#take()),
      return: () => {
        hasLeft = true;
        this.#reader?.resolve({ value: undefined, done: true });
        this.#reader = undefined;
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #take(): Promise<Result<T>> {
    if (this.#next >= this.#taken.length) this.#takeAll();
    if (this.#next < this.#taken.length) {
      return Promise.resolve({ value: this.#taken[this.#next++] as T, done: false });
    }
    const ending = this.#ending;
    if (!ending) return new Promise((resolve, reject) => (this.#reader = { resolve, reject }));
    // The reader gets the error once.
    this.#ending = {};
    return 'error' in ending
      ? Promise.reject(ending.error)
      : Promise.resolve({ value: undefined, done: true });
  }

  #takeAll(): void {
    this.#taken = this.#items;
    this.#items = [];
    this.#next = 0;
    this.#weight = 0;
  }
}
