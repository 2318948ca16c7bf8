/**
 * Decides what one `llama_decode` computes. Sequences that decode always get their one token, so that no stream
 * waits for somebody else's prompt; what the time budget leaves goes to the prompts.
 */

/** A step's length while somebody would notice a longer one: short enough that a stream looks alive. */
export const SHARED_STEP_MS = 200;
/** A step's length for a prompt alone: long enough to run at full speed, short enough to let others in. */
export const PREFILL_STEP_MS = 750;
/** Below this a chunk costs more in overhead than it saves in delay. */
export const MIN_CHUNK_TOKENS = 16;
/** A prompt's first chunk while the machine's speed is unknown: a good measurement in well under a second. */
export const FIRST_CHUNK_TOKENS = 64;
/** The oldest prompt's part of the budget, however many shorter ones keep coming. */
export const OLDEST_SHARE = 0.25;

interface PrefillDemand {
  readonly slot: number;
  /** Prompt tokens not yet computed; > 0. */
  readonly remaining: number;
}

export interface StepDemand {
  /** Slots with one token to decode. */
  readonly decoding: number;
  /** Slots with prompt tokens left, oldest request first. */
  readonly prefilling: readonly PrefillDemand[];
  /** Most tokens in one batch. */
  readonly batchSize: number;
  /** Measured speed of prefill, tokens per millisecond; undefined before the first measurement. */
  readonly prefillRate: number | undefined;
}

/** Prompt tokens that fit into this step altogether. */
function prefillBudget({ decoding, prefilling, batchSize, prefillRate }: StepDemand): number {
  const isShared = decoding > 0 || prefilling.length > 1;
  const guess = decoding > 0 ? MIN_CHUNK_TOKENS : FIRST_CHUNK_TOKENS;
  const target = isShared ? SHARED_STEP_MS : PREFILL_STEP_MS;
  const affordable = prefillRate === undefined ? guess : Math.floor(prefillRate * target) - decoding;
  return Math.max(0, Math.min(batchSize - decoding, Math.max(affordable, MIN_CHUNK_TOKENS)));
}

/**
 * Shortest prompt first, since that gives the earliest first tokens on average; but the oldest one always gets its
 * share, so that none waits for ever.
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
