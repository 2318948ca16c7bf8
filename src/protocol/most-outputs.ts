/** Numbers of results that a context may have room for: those of the longest drafts with the token before them. */
const OUTPUTS = [64, 48, 32];
/** What every context has room for. */
const FEWEST_OUTPUTS = 16;
/** Their share of the weights' bytes; a buffer that is reserved at load and another of the same size grow with them. */
const MOST_OF_WEIGHTS = 1 / 6;
const FLOAT_BYTES = 4;

/**
 * Maximum number of tokens in a call whose logits are computed; each takes four bytes per token of the vocabulary. Small
 * models with a large vocabulary have room for fewer. The engine creates its context accordingly, and the estimate of the
 * memory counts them.
 */
export function mostOutputs(slots: number, vocabularySize: number, weightBytes: number): number {
  const affordable = OUTPUTS.find(
    (outputs) => outputs * vocabularySize * FLOAT_BYTES <= weightBytes * MOST_OF_WEIGHTS,
  );
  return Math.max(slots, affordable ?? FEWEST_OUTPUTS);
}
