/** Waiting items by owner. Owners take turns, and none has more than its share running. */
export class FairLine<Item extends { readonly owner: string }> {
  readonly #share: number;
  /** The owner whose turn is next comes first: a Map iterates in insertion order. */
  readonly #waiting = new Map<string, Item[]>();
  readonly #running = new Map<string, number>();
  #length = 0;

  /** @param share how many items of one owner may run at the same time */
  constructor(share: number) {
    this.#share = share;
  }

  /** Number of waiting items. */
  get length(): number {
    return this.#length;
  }

  /** Number of waiting items of one owner. */
  waitingOf(owner: string): number {
    return this.#waiting.get(owner)?.length ?? 0;
  }

  add(item: Item): void {
    const own = this.#waiting.get(item.owner);
    if (own) own.push(item);
    else this.#waiting.set(item.owner, [item]);
    this.#length += 1;
  }

  /** Removes an item that still waits. */
  remove(item: Item): void {
    const own = this.#waiting.get(item.owner) ?? [];
    const index = own.indexOf(item);
    if (index < 0) return;
    own.splice(index, 1);
    this.#length -= 1;
    if (own.length === 0) this.#waiting.delete(item.owner);
  }

  /** The item to run next, which then counts as running; undefined if every waiting owner has its share. */
  take(): Item | undefined {
    for (const [owner, own] of this.#waiting) {
      const running = this.#running.get(owner) ?? 0;
      const item = running < this.#share ? own.shift() : undefined;
      if (!item) continue;
      this.#length -= 1;
      this.#running.set(owner, running + 1);
      this.#waiting.delete(owner);
      if (own.length > 0) this.#waiting.set(owner, own);
      return item;
    }
    return undefined;
  }

  /** Removes and returns all waiting items. */
  clear(): Item[] {
    const items = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.#length = 0;
    return items;
  }

  /** Must be called once for every item that `take` returned. */
  finished({ owner }: Item): void {
    const running = (this.#running.get(owner) ?? 0) - 1;
    if (running > 0) this.#running.set(owner, running);
    else this.#running.delete(owner);
  }
}
