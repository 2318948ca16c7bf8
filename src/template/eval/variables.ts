import type { Result } from '../kinds.ts';

/** The variables of one template, innermost last. A name may be declared several times. */
export class Variables {
  readonly #names: string[] = ['$'];
  readonly #values: Result[];

  constructor(root: Result) {
    this.#values = [root];
  }

  get size(): number {
    return this.#names.length;
  }

  push(name: string, value: Result): void {
    this.#names.push(name);
    this.#values.push(value);
  }

  /** The parser accepts variables of one branch in the other, so they may be undefined here. */
  has(name: string): boolean {
    return this.#names.includes(name);
  }

  get(name: string): Result {
    return this.#values[this.#names.lastIndexOf(name)];
  }

  /** @returns whether the variable exists */
  set(name: string, value: Result): boolean {
    const index = this.#names.lastIndexOf(name);
    if (index >= 0) this.#values[index] = value;
    return index >= 0;
  }

  /** @param place 1 = the variable that was declared last */
  setFromEnd(place: number, value: Result): void {
    this.#values[this.#values.length - place] = value;
  }

  drop(size: number): void {
    this.#names.length = size;
    this.#values.length = size;
  }
}
