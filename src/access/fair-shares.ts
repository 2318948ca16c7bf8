/**
 * Finds what must go when several owners together have more than there is room for: the oldest entry of whoever has the most.
 * So nobody is pushed out by an owner who takes more than an equal share, and who is alone may use all of it.
 */
export class FairShares<Owner> {
  readonly #shares = new Map<Owner, Share>();
  #size = 0;

  /** The size of all entries together. */
  get size(): number {
    return this.#size;
  }

  /** @param id not among the entries of the owner yet @param size a whole number, so that sums stay exact */
  add(owner: Owner, id: string, size: number): void {
    const share = this.#shares.get(owner) ?? { size: 0, entries: new Map() };
    share.entries.set(id, size);
    share.size += size;
    this.#size += size;
    this.#shares.set(owner, share);
  }

  remove(owner: Owner, id: string): void {
    const share = this.#shares.get(owner);
    const size = share?.entries.get(id);
    if (!share || size === undefined) return;
    share.entries.delete(id);
    share.size -= size;
    this.#size -= size;
    if (share.entries.size === 0) this.#shares.delete(owner);
  }

  /** The entry to remove next; undefined = there is none. */
  next(): string | undefined {
    let largest: Share | undefined;
    for (const share of this.#shares.values()) if (!largest || share.size > largest.size) largest = share;
    return largest?.entries.keys().next().value;
  }
}

interface Share {
  size: number;
  /** Sizes by the IDs of the entries, the oldest first. */
  readonly entries: Map<string, number>;
}
