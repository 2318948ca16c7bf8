/** The names of the variables in scope. A template may declare a hundred thousand, so none is searched for. */
export class DeclaredVariables {
  readonly #names: string[] = [];
  readonly #counts = new Map<string, number>();

  constructor() {
    this.push('$');
  }

  get size(): number {
    return this.#names.length;
  }

  push(name: string): void {
    this.#names.push(name);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  has(name: string): boolean {
    return (this.#counts.get(name) ?? 0) > 0;
  }

  /** Drops all variables except the first `size`. */
  drop(size: number): void {
    for (const name of this.#names.splice(size)) {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) - 1);
    }
  }
}
