import type { TokenTexts } from './token-texts.ts';

/** Branches with at most this many tokens are not divided further; their tokens are read one by one. */
const LEAF_TOKENS = 8;
const BYTE_VALUES = 256;

/** Tokens that begin with the same bytes. */
export interface Branch {
  /** Number of bytes that they share. */
  readonly depth: number;
  /** They are `tokens[from]` to `tokens[to - 1]` of the trie. */
  readonly from: number;
  readonly to: number;
}

/** A branch, divided by the byte that follows. */
interface Division {
  /** The first tokens of the branch end where their common bytes do; index of the first one that goes on. */
  readonly longer: number;
  readonly bytes: Uint8Array;
  readonly branches: readonly Branch[];
}

/**
 * The tokens of a vocabulary by their bytes. A branch is divided when it is first visited, in time linear in its tokens,
 * so that the branches that no grammar visits cost nothing. All tokens must have been read.
 */
export class TokenTrie {
  readonly #texts: TokenTexts;
  /** In the order of the branches divided so far; those without a text come first. */
  readonly tokens: Int32Array;
  readonly #scratch: Int32Array;
  readonly #divisions = new Map<Branch, Division>();
  readonly root: Branch;

  constructor(texts: TokenTexts) {
    this.#texts = texts;
    this.tokens = Int32Array.from({ length: texts.size }, (_, token) => token);
    this.#scratch = new Int32Array(texts.size);
    this.root = { depth: 0, from: 0, to: texts.size };
  }

  /** @returns undefined for a branch of few tokens, which is not divided */
  divide(branch: Branch): Division | undefined {
    if (branch.to - branch.from <= LEAF_TOKENS) return undefined;
    let division = this.#divisions.get(branch);
    if (division === undefined) {
      division = this.#sort(branch);
      this.#divisions.set(branch, division);
    }
    return division;
  }

  /** Sorts the tokens of a branch by the byte after its common ones. */
  #sort({ depth, from, to }: Branch): Division {
    const counts = new Int32Array(BYTE_VALUES + 1);
    for (let at = from; at < to; at++) count(counts, this.#keyOf(this.tokens[at] ?? 0, depth));
    const next = new Int32Array(BYTE_VALUES + 1);
    for (let key = 0, start = from; key <= BYTE_VALUES; key++) {
      next[key] = start;
      start += counts[key] ?? 0;
    }
    const starts = next.slice();
    for (let at = from; at < to; at++) {
      const token = this.tokens[at] ?? 0;
      const key = this.#keyOf(token, depth);
      const place = next[key] ?? 0;
      this.#scratch[place] = token;
      next[key] = place + 1;
    }
    this.tokens.set(this.#scratch.subarray(from, to), from);
    const bytes: number[] = [];
    const branches: Branch[] = [];
    for (let byte = 0; byte < BYTE_VALUES; byte++) {
      const [start = 0, end = 0] = [starts[byte + 1], next[byte + 1]];
      if (end === start) continue;
      bytes.push(byte);
      branches.push({ depth: depth + 1, from: start, to: end });
    }
    return { longer: next[0] ?? from, bytes: Uint8Array.from(bytes), branches };
  }

  /** 0 for a token that ends there, otherwise 1 + its byte. */
  #keyOf(token: number, depth: number): number {
    const at = this.#texts.start(token) + depth;
    return at < this.#texts.end(token) ? 1 + (this.#texts.bytes[at] ?? 0) : 0;
  }
}

function count(counts: Int32Array, key: number): void {
  counts[key] = 1 + (counts[key] ?? 0);
}
