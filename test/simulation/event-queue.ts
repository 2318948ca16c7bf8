/** Events in simulated time (milliseconds). Events with the same time run in the order in which they were added. */
export class EventQueue {
  readonly #entries: { readonly at: number; readonly run: () => void }[] = [];
  #now = 0;

  get now(): number {
    return this.#now;
  }

  add(at: number, run: () => void): void {
    let index = this.#entries.length;
    while (index > 0 && (this.#entries[index - 1]?.at ?? 0) > at) index -= 1;
    this.#entries.splice(index, 0, { at, run });
  }

  /** @returns false when the queue is empty */
  runNext(): boolean {
    const next = this.#entries.shift();
    if (!next) return false;
    this.#now = Math.max(this.#now, next.at);
    next.run();
    return true;
  }
}
