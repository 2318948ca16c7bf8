import type { Result } from '../kinds.ts';

/** The variables of one template, innermost last; a name may be declared again. */
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

  /** The parser lets those of one branch through in the other. */
  has(name: string): boolean {
    return this.#names.includes(name);
  }

  get(name: string): Result {
    return this.#values[this.#names.lastIndexOf(name)];
  }

  /** @returns whether there is one */
  set(name: string, value: Result): boolean {
    const index = this.#names.lastIndexOf(name);
    if (index >= 0) this.#values[index] = value;
    return index >= 0;
  }

  /** @param place 1 = the one declared last */
  setFromEnd(place: number, value: Result): void {
    this.#values[this.#values.length - place] = value;
  }

  drop(size: number): void {
    this.#names.length = size;
    this.#values.length = size;
  }
}
