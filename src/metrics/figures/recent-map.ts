/** A map that forgets the entry that was used longest ago when it is full, so that nobody can fill the memory with names. */
export class RecentMap<Value> {
  readonly #most: number;
  readonly #create: (key: string) => Value;
  readonly #entries = new Map<string, Value>();

  /** @param most maximum number of entries */
  constructor(most: number, create: (key: string) => Value) {
    this.#most = most;
    this.#create = create;
  }

  /** Returns the entry of a key, which is created if there is none, and counts as used now. */
  use(key: string): Value {
    const value = this.#entries.get(key) ?? this.#create(key);
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#most && oldest !== undefined) this.#entries.delete(oldest);
    return value;
  }

  /** In order of their last use. */
  entries(): IterableIterator<[string, Value]> {
    return this.#entries.entries();
  }

  values(): IterableIterator<Value> {
    return this.#entries.values();
  }
}
