const quote = 0x22;
const backslash = 0x5c;
const openers = new Set([0x7b, 0x5b]);
const closers = new Set([0x7d, 0x5d]);

/** Tracks the position in JSON that arrives in pieces: strings and nesting. */
export class JsonScan {
  #isInString = false;
  #isEscaped = false;
  #depth = 0;
  #deepest = 0;

  get isInString(): boolean {
    return this.#isInString;
  }

  /** Maximum nesting of objects and arrays so far. */
  get deepest(): number {
    return this.#deepest;
  }

  pass(text: string): void {
    for (let at = 0; at < text.length; at++) this.#step(text.charCodeAt(at));
  }

  /** @returns the offset after the closing bracket of the outermost object or array; undefined if it does not end in this text */
  passValue(text: string, from = 0): number | undefined {
    for (let at = from; at < text.length; at++) {
      this.#step(text.charCodeAt(at));
      if (this.#depth === 0 && closers.has(text.charCodeAt(at)) && !this.#isInString) return at + 1;
    }
    return undefined;
  }

  #step(code: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#isInString && code === backslash) this.#isEscaped = true;
    else if (code === quote) this.#isInString = !this.#isInString;
    else if (this.#isInString) return;
    else if (openers.has(code)) this.#deepest = Math.max(this.#deepest, ++this.#depth);
    else if (closers.has(code)) this.#depth = Math.max(0, this.#depth - 1);
  }
}
