import type { Result } from '../kinds.ts';

/** The variables of one template, innermost last. A name may be declared several times. */
export class Variables {
  readonly #names: string[] = ['$'];
  readonly #values: Result[];
  /** Where the declarations of a name are, innermost last: a template may declare a hundred thousand names. */
  readonly #places = new Map<string, number[]>([['$', [0]]]);

  constructor(root: Result) {
    this.#values = [root];
  }

  get size(): number {
    return this.#names.length;
  }

  push(name: string, value: Result): void {
    const places = this.#places.get(name);
    if (places) places.push(this.size);
    else this.#places.set(name, [this.size]);
    this.#names.push(name);
    this.#values.push(value);
  }

  /** The parser accepts variables of one branch in the other, so they may be undefined here. */
  has(name: string): boolean {
    return this.#place(name) !== undefined;
  }

  get(name: string): Result {
    return this.#values[this.#place(name) ?? this.size];
  }

  /** @returns whether the variable exists */
  set(name: string, value: Result): boolean {
    const place = this.#place(name);
    if (place !== undefined) this.#values[place] = value;
    return place !== undefined;
  }

  /** @param place 1 = the variable that was declared last */
  setFromEnd(place: number, value: Result): void {
    this.#values[this.#values.length - place] = value;
  }

  drop(size: number): void {
    for (let name = this.#names.at(-1); this.size > size && name !== undefined; name = this.#names.at(-1)) {
      this.#places.get(name)?.pop();
      this.#names.pop();
    }
    this.#values.length = size;
  }

  #place(name: string): number | undefined {
    return this.#places.get(name)?.at(-1);
  }
}
