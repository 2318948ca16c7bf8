/**
 * Decides what one `llama_decode` computes. Sequences that decode always get their one token, so that no stream waits
 * for another client's prompt; prompts get what the time budget leaves.
 */

/** Target duration of a step while anyone would notice a longer one; short enough that a stream looks alive. */
export const SHARED_STEP_MS = 200;
/** Target duration of a step for a single prompt: long enough to run at full speed, short enough to let others in. */
export const PREFILL_STEP_MS = 750;
/** Minimum chunk size; a smaller chunk costs more in overhead than it saves in delay. */
export const MIN_CHUNK_TOKENS = 16;
/** A prompt's first chunk while the machine's speed is unknown: gives a good measurement in well under a second. */
export const FIRST_CHUNK_TOKENS = 64;
/** Share of the budget that the oldest prompt gets, however many shorter ones keep arriving. */
export const OLDEST_SHARE = 0.25;

interface PrefillDemand {
  readonly slot: number;
  /** Number of prompt tokens not yet computed; > 0. */
  readonly remaining: number;
}

export interface StepDemand {
  /** Number of slots with one token to decode. */
  readonly decoding: number;
  /** Slots with prompt tokens left, oldest request first. */
  readonly prefilling: readonly PrefillDemand[];
  /** Maximum number of tokens in one batch. */
  readonly batchSize: number;
  /** Measured prefill speed in tokens per millisecond; undefined before the first measurement. */
  readonly prefillRate: number | undefined;
}

/** Total number of prompt tokens that fit into this step. */
function prefillBudget({ decoding, prefilling, batchSize, prefillRate }: StepDemand): number {
  const isShared = decoding > 0 || prefilling.length > 1;
  const guess = decoding > 0 ? MIN_CHUNK_TOKENS : FIRST_CHUNK_TOKENS;
  const target = isShared ? SHARED_STEP_MS : PREFILL_STEP_MS;
  const affordable = prefillRate === undefined ? guess : Math.floor(prefillRate * target) - decoding;
  return Math.max(0, Math.min(batchSize - decoding, Math.max(affordable, MIN_CHUNK_TOKENS)));
}

/**
 * Gives the budget to the shortest prompt first, because that gives the earliest first tokens on average. The oldest
 * prompt always gets its share, so that none waits for ever.
 * @returns prompt tokens by slot, none of them 0
 */
export function planPrefill(demand: StepDemand): Map<number, number> {
  const shares = new Map<number, number>();
  let budget = prefillBudget(demand);
  const give = ({ slot, remaining }: PrefillDemand, most: number) => {
    const given = shares.get(slot) ?? 0;
    const more = Math.min(most, remaining - given, budget);
    if (more <= 0) return;
    shares.set(slot, given + more);
    budget -= more;
  };
  const [oldest] = demand.prefilling;
  if (oldest) give(oldest, Math.ceil(budget * OLDEST_SHARE));
  const shortestFirst = [...demand.prefilling].sort((left, right) => left.remaining - right.remaining);
  for (const prompt of shortestFirst) give(prompt, budget);
  return shares;
}
