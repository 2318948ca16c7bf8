/**
 * Decides what one `llama_decode` computes. Sequences that decode always get their one token, so that no stream
 * waits for somebody else's prompt; what the time budget leaves is shared evenly among the prompts.
 */

/** A step's length while anyone decodes: short enough that a stream looks alive. */
export const SHARED_STEP_MS = 200;
/** A step's length while there are only prompts: long enough to run at full speed, short enough to let others in. */
export const PREFILL_STEP_MS = 750;
/** Below this a chunk costs more in overhead than it saves in delay. */
export const MIN_CHUNK_TOKENS = 16;
/** A prompt's first chunk while the machine's speed is unknown: a good measurement in well under a second. */
export const FIRST_CHUNK_TOKENS = 64;

interface PrefillDemand {
  readonly slot: number;
  /** Prompt tokens not yet computed; > 0. */
  readonly remaining: number;
}

export interface StepDemand {
  /** Slots with one token to decode. */
  readonly decoding: readonly number[];
  /** Slots with prompt tokens left, oldest request first. */
  readonly prefilling: readonly PrefillDemand[];
  /** Most tokens in one batch. */
  readonly batchSize: number;
  /** Measured speed of prefill, tokens per millisecond; undefined before the first measurement. */
  readonly prefillRate: number | undefined;
}

export interface PrefillShare {
  readonly slot: number;
  readonly tokens: number;
}

/** Prompt tokens that fit into this step altogether. */
function prefillBudget(demand: StepDemand): number {
  const room = demand.batchSize - demand.decoding.length;
  const target = demand.decoding.length > 0 ? SHARED_STEP_MS : PREFILL_STEP_MS;
  const guess = demand.decoding.length > 0 ? MIN_CHUNK_TOKENS : FIRST_CHUNK_TOKENS;
  const affordable = demand.prefillRate === undefined ? guess : Math.floor(demand.prefillRate * target);
  return Math.max(0, Math.min(room, Math.max(affordable, MIN_CHUNK_TOKENS)));
}

/** Shares the budget evenly; what a short prompt does not need goes to the others, the oldest first. */
export function planPrefill(demand: StepDemand): PrefillShare[] {
  let budget = prefillBudget(demand);
  const shares = new Map<number, number>();
  let open = demand.prefilling.filter((prompt) => prompt.remaining > 0);
  while (budget > 0 && open.length > 0) {
    const each = Math.max(1, Math.floor(budget / open.length));
    for (const prompt of open) {
      const given = shares.get(prompt.slot) ?? 0;
      const more = Math.min(each, prompt.remaining - given, budget);
      shares.set(prompt.slot, given + more);
      budget -= more;
    }
    open = open.filter((prompt) => prompt.remaining > (shares.get(prompt.slot) ?? 0));
  }
  return [...shares].filter(([, tokens]) => tokens > 0).map(([slot, tokens]) => ({ slot, tokens }));
}
