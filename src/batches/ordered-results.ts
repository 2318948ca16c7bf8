/** A result as it is written. */
export interface WrittenResult {
  readonly line: string;
  readonly isError: boolean;
}

/** Puts results into the order of the lines that they answer, whenever they come. */
export class OrderedResults {
  /** Numbers of lines that were begun and are not written yet, in their order. */
  readonly #begun: number[] = [];
  readonly #done = new Map<number, WrittenResult>();
  #bytes = 0;

  /** Must be called in the order of the lines. */
  begin(index: number): void {
    this.#begun.push(index);
  }

  /** Number of lines that were begun and are not written. */
  get open(): number {
    return this.#begun.length;
  }

  /** Characters of the results that wait for an earlier one. */
  get heldCharacters(): number {
    return this.#bytes;
  }

  /** @returns the results that can be written now, in their order */
  add(index: number, result: WrittenResult): WrittenResult[] {
    this.#done.set(index, result);
    this.#bytes += result.line.length;
    const ready: WrittenResult[] = [];
    for (let first = this.#begun[0]; first !== undefined; first = this.#begun[0]) {
      const found = this.#done.get(first);
      if (!found) return ready;
      this.#done.delete(first);
      this.#begun.shift();
      this.#bytes -= found.line.length;
      ready.push(found);
    }
    return ready;
  }

  /** @returns the results that wait for an earlier one, when that one will not come */
  rest(): WrittenResult[] {
    const rest = [...this.#done].sort(([one], [other]) => one - other).map(([, result]) => result);
    this.#done.clear();
    this.#begun.length = 0;
    this.#bytes = 0;
    return rest;
  }
}
