import { checkpointBytes, type SavedState } from './kv-cache.ts';
import { isCovered, type MemoryTraits } from './reuse.ts';
import type { Holding } from './slot.ts';
import { wantedAgain } from './slot-choice.ts';

/** Idle conversations in host memory, within a byte budget. */
export class HostCache {
  readonly #budget: number;
  readonly #traits: MemoryTraits;
  #entries: SavedState[] = [];

  constructor(budgetBytes: number, traits: MemoryTraits) {
    this.#budget = budgetBytes;
    this.#traits = traits;
  }

  get entries(): readonly SavedState[] {
    return this.#entries;
  }

  fits(bytes: number): boolean {
    return bytes <= this.#budget;
  }

  /** Frees the space before the new entry is created, so that old and new entries never exist at the same time. */
  makeRoom(bytes: number, uses: number): void {
    this.#entries = keepMostValuable(this.#entries, this.#budget - bytes, uses);
  }

  add(entry: SavedState, uses: number): void {
    const others = this.#entries.filter((other) => !isCovered(other, [entry], this.#traits));
    this.#entries = keepMostValuable([...others, entry], this.#budget, uses);
  }

  remove(entry: Holding): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  /** Drops the entries that another holding covers. */
  dropCovered(others: readonly Holding[]): void {
    this.#entries = this.#entries.filter((entry) => !isCovered(entry, others, this.#traits));
  }
}

export function bytesOf({ state, checkpoints, logits }: SavedState): number {
  return state.length + checkpointBytes(checkpoints) + (logits?.values.byteLength ?? 0);
}

/** Number of tokens that a holding is expected to save computing. */
export function expectedSaving(holding: Holding, uses: number): number {
  return holding.tokens.length * wantedAgain(holding, uses);
}

/** The most valuable entries that fit into the budget together. */
export function keepMostValuable(
  entries: readonly SavedState[],
  budgetBytes: number,
  uses: number,
): SavedState[] {
  const ranked = [...entries].sort((left, right) => expectedSaving(right, uses) - expectedSaving(left, uses));
  let free = budgetBytes;
  return ranked.filter((entry) => {
    const bytes = bytesOf(entry);
    if (bytes > free) return false;
    free -= bytes;
    return true;
  });
}
