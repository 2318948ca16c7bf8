/** Python's range. */
export class Range {
  readonly start: number;
  readonly stop: number;
  readonly step: number;

  /** @param step not 0 */
  constructor(start: number, stop: number, step: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }

  get length(): number {
    return Math.max(Math.ceil((this.stop - this.start) / this.step), 0);
  }

  /** @param index below the length */
  at(index: number): number {
    return this.start + index * this.step;
  }

  *elements(): Generator<number> {
    const { length } = this;
    for (let index = 0; index < length; index++) yield this.at(index);
  }

  has(value: number): boolean {
    const index = (value - this.start) / this.step;
    return Number.isInteger(index) && index >= 0 && index < this.length;
  }
}
