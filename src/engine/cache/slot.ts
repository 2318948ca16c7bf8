/** One sequence of the KV cache and what it holds. */
export interface Slot {
  readonly id: number;
  /** Tokens whose keys and values are in the cache, in order; position = index. */
  tokens: number[];
  busy: boolean;
  /** Order of last use; the smallest is the oldest. */
  lastUsed: number;
}

export function createSlots(count: number): Slot[] {
  return Array.from({ length: count }, (_, id) => ({ id, tokens: [], busy: false, lastUsed: 0 }));
}

/** Length of the longest common prefix. */
export function commonPrefix(left: readonly number[], right: readonly number[]): number {
  const limit = Math.min(left.length, right.length);
  let length = 0;
  while (length < limit && left[length] === right[length]) length++;
  return length;
}

/**
 * The free slot to run a prompt in: the one that shares the longest prefix with it; among equals the one unused
 * for longest, so that the others keep their conversations.
 */
export function chooseSlot(slots: readonly Slot[], prompt: readonly number[]): Slot | undefined {
  let best: Slot | undefined;
  let bestPrefix = -1;
  for (const slot of slots) {
    if (slot.busy) continue;
    const prefix = commonPrefix(slot.tokens, prompt);
    const older = best !== undefined && prefix === bestPrefix && slot.lastUsed < best.lastUsed;
    if (prefix > bestPrefix || older) {
      best = slot;
      bestPrefix = prefix;
    }
  }
  return best;
}
