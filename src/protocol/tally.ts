/** How often values fell into each class, and their sum. */
export interface Distribution {
  /** One number per class: a class for each upper bound, and one for all values above the last. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Counts values by classes whose upper bounds are given in rising order; a value belongs to the first that it does not exceed. */
export class Tally {
  readonly bounds: readonly number[];
  #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = zeros(bounds);
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#counts.reduce((total, count) => total + count, 0);
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.bounds.length && value > (this.bounds[index] ?? 0)) index++;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  /** Adds what another tally with the same bounds has counted. */
  add({ counts, sum }: Distribution): void {
    for (const [index, count] of counts.entries()) this.#counts[index] = (this.#counts[index] ?? 0) + count;
    this.#sum += sum;
  }

  /** Returns what was counted, and starts from zero. */
  take(): Distribution {
    const taken = { counts: this.#counts, sum: this.#sum };
    this.#counts = zeros(this.bounds);
    this.#sum = 0;
    return taken;
  }
}

function zeros(bounds: readonly number[]): number[] {
  return Array.from({ length: bounds.length + 1 }, () => 0);
}
