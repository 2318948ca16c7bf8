/** llama.cpp keeps the snapshots of a call, and one more token, within what it computes at once, and asserts that they fit. */
const OTHER_TOKENS = 2;

/** The dimensions of a context. */
interface ContextSize {
  /** Tokens of all slots. */
  readonly contextLength: number;
  /** Maximum number of tokens computed at once. */
  readonly batchSize: number;
}

/**
 * Number of snapshots of recurrent states that a context can have, at most `wanted`. The engine creates its context
 * accordingly, and the estimate of the memory counts them.
 */
export function mostSnapshots(wanted: number, { contextLength, batchSize }: ContextSize): number {
  return Math.max(0, Math.min(wanted, Math.min(contextLength, batchSize) - OTHER_TOKENS));
}
