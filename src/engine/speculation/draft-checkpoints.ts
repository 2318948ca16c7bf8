import type { Bindings, Pointer } from '../native/bindings.ts';

/** Flag from llama.h: only the part of a sequence's state that cannot step back. */
const PARTIAL_ONLY = 1;

interface Saved {
  /** Number of tokens that the state was computed from. */
  readonly length: number;
  readonly state: Uint8Array;
}

/** Where the memory of a draft model can step back to. */
export interface DraftCheckpoints {
  /** Must be called for a slot before the first drafted token that may be wrong is computed. */
  save(slot: number, length: number): void;
  /** The longest text, of at most `length` of the `held` tokens, that the memory of a slot can step back to. */
  reachable(slot: number, held: number, length: number): number;
  /** Steps back to a reachable length, apart from removing the tokens behind it. @returns false when that failed */
  restore(slot: number, length: number): boolean;
}

/** For memory that can remove any tokens from its end. */
export const noCheckpoints: DraftCheckpoints = {
  save: () => undefined,
  reachable: (_slot, _held, length) => length,
  restore: () => true,
};

/**
 * For recurrent states, which only go forward: one copy per slot, made before each draft. The library's own snapshots reach
 * back within one call only, and a draft model computes one call per token.
 */
export class StateCheckpoints implements DraftCheckpoints {
  readonly #bindings: Pick<Bindings, 'stateSize' | 'saveState' | 'restoreState'>;
  readonly #context: Pointer;
  readonly #saved = new Map<number, Saved>();

  constructor(bindings: Pick<Bindings, 'stateSize' | 'saveState' | 'restoreState'>, context: Pointer) {
    this.#bindings = bindings;
    this.#context = context;
  }

  save(slot: number, length: number): void {
    const size = Number(this.#bindings.stateSize(this.#context, slot, PARTIAL_ONLY));
    const before = this.#saved.get(slot)?.state;
    const state = before?.length === size ? before : Buffer.allocUnsafeSlow(size);
    const written = this.#bindings.saveState(this.#context, state, size, slot, PARTIAL_ONLY);
    if (size > 0 && Number(written) === size) this.#saved.set(slot, { length, state });
    else this.#saved.delete(slot);
  }

  reachable(slot: number, held: number, length: number): number {
    if (held === length) return length;
    const saved = this.#saved.get(slot)?.length ?? 0;
    return saved <= length ? saved : 0;
  }

  restore(slot: number, length: number): boolean {
    const saved = this.#saved.get(slot);
    // Whatever is held from now on, the copy may be of another text.
    if (saved?.length !== length) this.#saved.delete(slot);
    if (length === 0) return true;
    if (saved?.length !== length) return false;
    const { state } = saved;
    const read = this.#bindings.restoreState(this.#context, state, state.length, slot, PARTIAL_ONLY);
    return Number(read) === state.length;
  }
}
