/** Log probabilities from raw logits, before any sampler touched them. */

export interface RankedToken {
  readonly token: number;
  readonly logprob: number;
}

/** log Σ exp(logit), kept finite by the usual shift by the maximum. */
function logSumOfExponents(logits: Float32Array): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > highest) highest = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  return highest + Math.log(sum);
}

/** The `count` likeliest tokens, likeliest first; one pass with a short sorted list, since count is at most 20. */
function likeliest(logits: Float32Array, count: number): number[] {
  const best: number[] = [];
  const logitOf = (token: number) => logits[token] ?? Number.NEGATIVE_INFINITY;
  for (let token = 0; token < logits.length; token++) {
    const last = best.at(-1);
    if (best.length === count && last !== undefined && logitOf(token) <= logitOf(last)) continue;
    let at = best.length;
    while (at > 0 && logitOf(best[at - 1] ?? 0) < logitOf(token)) at--;
    best.splice(at, 0, token);
    if (best.length > count) best.pop();
  }
  return best;
}

export interface TokenRanking {
  readonly chosen: RankedToken;
  readonly top: readonly RankedToken[];
}

/** @param count alternatives to list, 0 for none */
export function rankTokens(logits: Float32Array, chosen: number, count: number): TokenRanking {
  const total = logSumOfExponents(logits);
  const ranked = (token: number): RankedToken => ({
    token,
    logprob: (logits[token] ?? Number.NEGATIVE_INFINITY) - total,
  });
  return { chosen: ranked(chosen), top: count > 0 ? likeliest(logits, count).map(ranked) : [] };
}
