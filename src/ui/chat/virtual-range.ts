/**
 * Which messages of a long chat are in the document. Heights are those that were measured, and a guess for the others; the
 * place of the reader is a message and the distance from its top, so that nothing moves when guesses turn out wrong.
 */

/** Height of a message that was not measured yet, in pixels. */
const GUESSED_HEIGHT = 160;
/** Pixels above and below the window that are in the document as well. */
const MARGIN = 800;

export interface VirtualRange {
  /** Index of the first message in the document, and of the first one behind it. */
  readonly from: number;
  readonly to: number;
  /** Pixels of the messages before and behind them. */
  readonly before: number;
  readonly behind: number;
}

export class Heights {
  readonly #measured = new Map<string, number>();
  #ids: readonly string[] = [];
  /** Where each message begins, and at last where the last one ends. */
  #tops: Float64Array = new Float64Array(1);
  /** Index of the first message whose end is out of date. */
  #staleFrom = 0;

  setIds(ids: readonly string[]): void {
    if (ids === this.#ids) return;
    let same = 0;
    while (same < ids.length && ids[same] === this.#ids[same]) same += 1;
    this.#ids = ids;
    const tops = new Float64Array(ids.length + 1);
    tops.set(this.#tops.subarray(0, Math.min(same, this.#staleFrom) + 1));
    this.#tops = tops;
    this.#staleFrom = Math.min(same, this.#staleFrom);
  }

  /** Notes a height. @returns whether it is another one than before */
  measure(id: string, height: number): boolean {
    if (this.#measured.get(id) === height) return false;
    this.#measured.set(id, height);
    const index = this.#indexNear(id);
    this.#staleFrom = Math.min(this.#staleFrom, index);
    return true;
  }

  /** Where a message begins; for the number of messages, where the last one ends. */
  top(index: number): number {
    this.#refresh();
    return this.#tops[Math.max(0, Math.min(index, this.#ids.length))] ?? 0;
  }

  get total(): number {
    return this.top(this.#ids.length);
  }

  /** The message at a distance from the top of the first one. */
  indexAt(offset: number): number {
    this.#refresh();
    let low = 0;
    let high = Math.max(0, this.#ids.length - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#tops[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The messages that a window shows. */
  range(scrollTop: number, windowHeight: number): VirtualRange {
    if (this.#ids.length === 0) return { from: 0, to: 0, before: 0, behind: 0 };
    const from = this.indexAt(scrollTop - MARGIN);
    const to = this.indexAt(scrollTop + windowHeight + MARGIN) + 1;
    return { from, to, before: this.top(from), behind: this.total - this.top(to) };
  }

  #indexNear(id: string): number {
    // What is measured is shown, and what is shown is mostly at the end.
    const index = this.#ids.lastIndexOf(id);
    return index < 0 ? this.#ids.length : index;
  }

  #refresh(): void {
    const ids = this.#ids;
    for (let index = this.#staleFrom; index < ids.length; index += 1) {
      const height = this.#measured.get(ids[index] ?? '') ?? GUESSED_HEIGHT;
      this.#tops[index + 1] = (this.#tops[index] ?? 0) + height;
    }
    this.#staleFrom = ids.length;
  }
}
