/** The library reserves room for the logits of a whole batch of an EAGLE-3 model; more tokens are computed in parts. */
const EAGLE_BATCH = 64;

/**
 * Number of tokens that an EAGLE-3 model computes at once. The engine creates its context accordingly, and the estimate of
 * the memory counts the logits.
 * @param contextLength tokens of all slots
 */
export function eagleBatch(contextLength: number): number {
  return Math.min(EAGLE_BATCH, contextLength);
}
