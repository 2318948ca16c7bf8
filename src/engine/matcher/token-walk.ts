import type { Automaton } from './automaton.ts';
import { reach } from './characters.ts';
import { beginToken, mayEnd, type Position, type Reading, readByte } from './token-text.ts';
import type { TokenTexts } from './token-texts.ts';
import type { Branch, TokenTrie } from './token-trie.ts';

interface Visit {
  readonly branch: Branch;
  readonly reading: Reading;
}

/** Collects the tokens that a grammar allows at a position. It can be interrupted. */
export class TokenWalk {
  readonly #automaton: Automaton;
  readonly #texts: TokenTexts;
  readonly #trie: TokenTrie;
  readonly #visits: Visit[];
  readonly #found: number[] = [];

  constructor(automaton: Automaton, texts: TokenTexts, trie: TokenTrie, position: Position) {
    this.#automaton = automaton;
    this.#texts = texts;
    this.#trie = trie;
    this.#visits = [{ branch: trie.root, reading: beginToken(position) }];
  }

  get count(): number {
    return this.#found.length;
  }

  /** The tokens found, by their IDs. */
  tokens(): Int32Array {
    return Int32Array.from(this.#found).sort();
  }

  /**
   * @param work bytes and stacks to look at
   * @param limit goes no further once more tokens are found
   * @returns whether all tokens have been found
   */
  advance(work: number, limit = Number.POSITIVE_INFINITY): boolean {
    let left = work;
    while (left > 0 && this.#found.length <= limit) {
      const visit = this.#visits.pop();
      if (visit === undefined) return true;
      const before = this.#automaton.steps;
      left -= this.#visit(visit) + this.#automaton.steps - before;
    }
    return this.#visits.length === 0;
  }

  /** @returns number of bytes looked at */
  #visit({ branch, reading }: Visit): number {
    const division = this.#trie.divide(branch);
    if (division === undefined) return this.#readLeaf(branch, reading);
    const { longer, bytes, branches } = division;
    // The tokens that end at the root have no text.
    if (branch.depth > 0 && longer > branch.from && mayEnd(this.#automaton, reading)) {
      for (let at = branch.from; at < longer; at++) this.#found.push(this.#trie.tokens[at] ?? 0);
    }
    for (const [index, byte] of bytes.entries()) {
      const next = readByte(this.#automaton, reading, byte);
      const child = branches[index];
      if (next === undefined || child === undefined || !this.#isPossible(next)) continue;
      this.#visits.push({ branch: child, reading: next });
    }
    return bytes.length + longer - branch.from;
  }

  #readLeaf({ depth, from, to }: Branch, reading: Reading): number {
    let work = 0;
    for (let at = from; at < to; at++) {
      const token = this.#trie.tokens[at] ?? 0;
      const bytes = this.#texts.bytesOf(token);
      work += bytes.length;
      if (bytes.length > 0 && this.#reads(bytes, depth, reading)) this.#found.push(token);
    }
    return work;
  }

  #reads(bytes: Uint8Array, from: number, reading: Reading): boolean {
    let now: Reading | undefined = reading;
    for (let at = from; at < bytes.length; at++) {
      now = readByte(this.#automaton, now, bytes[at] ?? 0);
      if (now === undefined) return false;
    }
    return mayEnd(this.#automaton, now);
  }

  /** False when none of the characters that this unfinished one can become is allowed. */
  #isPossible({ state, value, remaining }: Reading): boolean {
    if (remaining === 0) return true;
    const { low, high } = reach(value, remaining);
    return this.#automaton.acceptsSome(state, low, high);
  }
}
