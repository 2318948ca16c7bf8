/** The rows of pieces by their digest, within a byte budget; the least recently used are dropped first. */
export class RowsCache {
  readonly #budget: number;
  /** In the order of their last use, oldest first. */
  readonly #rows = new Map<string, Float32Array>();
  #bytes = 0;

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes;
  }

  /** Bytes of all rows together; over the budget only while rows that are needed take more. */
  get bytes(): number {
    return this.#bytes;
  }

  has(digest: string): boolean {
    return this.#rows.has(digest);
  }

  get(digest: string): Float32Array | undefined {
    const rows = this.#rows.get(digest);
    if (!rows) return undefined;
    this.#rows.delete(digest);
    this.#rows.set(digest, rows);
    return rows;
  }

  add(digest: string, rows: Float32Array): void {
    if (this.#rows.has(digest)) return;
    this.#rows.set(digest, rows);
    this.#bytes += rows.byteLength;
  }

  /**
   * Drops what exceeds the budget.
   * @param isNeeded whether a running request has still to compute these rows; such rows stay
   */
  trim(isNeeded: (digest: string) => boolean): void {
    for (const [digest, rows] of this.#rows) {
      if (this.#bytes <= this.#budget) return;
      if (isNeeded(digest)) continue;
      this.#rows.delete(digest);
      this.#bytes -= rows.byteLength;
    }
  }
}
