/**
 * Finds the first stop string in a text that arrives in pieces, and holds back the suffix that may still become one.
 */
export interface ScanResult {
  /** Text that is certain to precede any stop string. */
  readonly text: string;
  /** True when a stop string was found; everything after it is dropped. */
  readonly stopped: boolean;
}

export class StopScanner {
  readonly #stops: readonly string[];
  #held = '';
  #found: string | undefined;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '');
  }

  /** The stop string that was found; the longest if several begin at the same place. */
  get found(): string | undefined {
    return this.#found;
  }

  push(piece: string): ScanResult {
    if (this.#stops.length === 0) return { text: piece, stopped: false };
    const text = this.#held + piece;
    const stopAt = this.#firstStop(text);
    if (stopAt >= 0) {
      this.#held = '';
      const there = this.#stops.filter((stop) => text.startsWith(stop, stopAt));
      this.#found = there.sort((left, right) => right.length - left.length)[0];
      return { text: text.slice(0, stopAt), stopped: true };
    }
    const safe = text.length - this.#longestPossibleStart(text);
    this.#held = text.slice(safe);
    return { text: text.slice(0, safe), stopped: false };
  }

  /** The text still held, once the text has ended. */
  flush(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }

  #firstStop(text: string): number {
    let first = -1;
    for (const stop of this.#stops) {
      const at = text.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) first = at;
    }
    return first;
  }

  /** Length of the longest suffix of the text that is a prefix of a stop string. */
  #longestPossibleStart(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let size = Math.min(stop.length - 1, text.length); size > longest; size--) {
        if (text.endsWith(stop.slice(0, size))) longest = size;
      }
    }
    return longest;
  }
}
