export interface LikelyToken {
  readonly token: number;
  /** From 0 to 1, at temperature 1. */
  readonly probability: number;
}

/** exp(-30) times the size of the largest vocabulary adds nothing to a probability that matters. */
const NEGLIGIBLE = 30;

/** The token with the highest logit, the first one among equals, and its probability. */
export function likeliestToken(logits: Float32Array): LikelyToken {
  let token = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < logits.length; index++) {
    const logit = logits[index] ?? Number.NEGATIVE_INFINITY;
    if (logit <= highest) continue;
    highest = logit;
    token = index;
  }
  let sum = 0;
  for (let index = 0; index < logits.length; index++) {
    const below = highest - (logits[index] ?? Number.NEGATIVE_INFINITY);
    if (below < NEGLIGIBLE) sum += Math.exp(-below);
  }
  return { token, probability: sum > 0 ? 1 / sum : 0 };
}
