/**
 * Decides what one step computes, and with which calls of `llama_decode`. Sequences that decode always get their one
 * token, so that no stream waits for another client's prompt; prompts get what the time budget leaves. The budget
 * chooses how many chunks of a prompt are computed, hardly ever where they end: another end means other kernels, and
 * with them other last bits and, at a near tie, another answer.
 */

/** Target duration of a step while anyone would notice a longer one; short enough that a stream looks alive. */
export const SHARED_STEP_MS = 200;
/** Target duration of a step for a single prompt: long enough to run at full speed, short enough to let others in. */
export const PREFILL_STEP_MS = 750;
/**
 * Maximum duration of a step for a single prompt on a machine so slow that it computes less than one whole chunk in
 * `PREFILL_STEP_MS`.
 */
const PATIENT_STEP_MS = 3000;
/**
 * Chunks of a prompt end at multiples of this many tokens. From this number on, llama.cpp's flash attention computes the
 * tokens of a sequence in tiles, which round differently; the tokens behind the last multiple never come into a tile.
 */
export const CHUNK_TOKENS = 64;
/** Where less than a chunk can be afforded, it ends at a multiple of this: kernels take up to four rows at once. */
const KERNEL_ROWS = 4;
/** Minimum chunk size; a smaller chunk costs more in overhead than it saves in delay. */
export const MIN_CHUNK_TOKENS = 16;
/** A prompt's first chunk while the machine's speed is unknown: gives a good measurement in well under a second. */
export const FIRST_CHUNK_TOKENS = 64;
/** Share of the budget that the oldest prompt gets, however many shorter ones keep arriving. */
export const OLDEST_SHARE = 0.25;

interface PrefillDemand {
  readonly slot: number;
  /** Number of tokens already computed. */
  readonly computed: number;
  /** Number of prompt tokens to compute next; > 0. */
  readonly remaining: number;
}

export interface StepDemand {
  /** Number of slots with one token to decode. */
  readonly decoding: number;
  /** Expected duration of their call. */
  readonly decodeMs: number;
  /** Slots with prompt tokens left, oldest request first. */
  readonly prefilling: readonly PrefillDemand[];
  /** Maximum number of tokens in one batch. */
  readonly batchSize: number;
  /** Measured prefill speed in tokens per millisecond; undefined before the first measurement. */
  readonly prefillRate: number | undefined;
}

/** Number of tokens per call of a prompt whose log probabilities are wanted; such a prompt has calls of its own. */
export const SCORED_TOKENS = 16;

/**
 * Maximum expected duration of a step with drafts. A stream alone may take as long as a prompt alone does: a request that
 * arrives meanwhile waits for its end.
 */
export function draftStepMs(streams: number): number {
  return streams > 1 ? SHARED_STEP_MS : PREFILL_STEP_MS;
}

/** Total number of prompt tokens that fit into this step. */
function prefillBudget({ decoding, decodeMs, prefilling, batchSize, prefillRate }: StepDemand): number {
  const isShared = decoding > 0 || prefilling.length > 1;
  const guess = decoding > 0 ? MIN_CHUNK_TOKENS : FIRST_CHUNK_TOKENS;
  const target = isShared ? SHARED_STEP_MS : PREFILL_STEP_MS;
  const left = Math.max(0, target - decodeMs);
  const affordable = prefillRate === undefined ? guess : Math.floor(prefillRate * left);
  const patient = isShared ? 0 : Math.floor((prefillRate ?? 0) * PATIENT_STEP_MS);
  const least = Math.max(MIN_CHUNK_TOKENS, Math.min(patient, CHUNK_TOKENS));
  return Math.max(0, Math.min(batchSize - decoding, Math.max(affordable, least)));
}

/** Number of tokens, at most `most`, that a prompt computes so that its chunk ends where it always does. */
function wholeChunks({ computed, remaining }: PrefillDemand, most: number): number {
  const end = computed + Math.min(most, remaining);
  const chunkEnd = floorTo(end, CHUNK_TOKENS);
  if (chunkEnd > computed) return chunkEnd - computed;
  const rows = floorTo(end, KERNEL_ROWS) - computed;
  return most >= remaining || rows <= 0 ? Math.min(most, remaining) : rows;
}

export function floorTo(value: number, multiple: number): number {
  return value - (value % multiple);
}

/**
 * Number of tokens of a deterministic prompt's next chunk, whatever the time budget says: always the same number, up to
 * a multiple of it or to the end of what remains.
 * @param batchSize maximum number of tokens in one call
 */
export function fixedChunk(computed: number, remaining: number, batchSize: number): number {
  const size = 2 ** Math.floor(Math.log2(Math.min(CHUNK_TOKENS, batchSize)));
  return Math.min(size - (computed % size), remaining);
}

/**
 * Groups the parts of a step into calls. A call computes sequences with equally many tokens: llama.cpp would compute what
 * a longer part has more in a call of its own anyway, but cut where the other part ends. A part that must not depend on
 * others gets its own call.
 * @param batchSize maximum number of tokens in one call; texts that grammars force do not share a budget, as prompts do
 */
export function groupCalls<Part extends { readonly tokens: number; readonly isAlone: boolean }>(
  parts: readonly Part[],
  batchSize: number,
): Part[][] {
  const shared = new Map<number, Part[]>();
  const calls: Part[][] = [];
  for (const part of parts) {
    const call = part.isAlone ? undefined : shared.get(part.tokens);
    if (call && (call.length + 1) * part.tokens <= batchSize) call.push(part);
    else {
      const started = [part];
      calls.push(started);
      if (!part.isAlone) shared.set(part.tokens, started);
    }
  }
  return calls;
}

/**
 * Gives the budget to the shortest prompt first, because that gives the earliest first tokens on average. The oldest
 * prompt always gets its share, so that none waits for ever.
 * @returns prompt tokens by slot, none of them 0
 */
export function planPrefill(demand: StepDemand): Map<number, number> {
  const shares = new Map<number, number>();
  let budget = prefillBudget(demand);
  const give = (prompt: PrefillDemand, most: number) => {
    const given = shares.get(prompt.slot) ?? 0;
    const share = wholeChunks(prompt, given + Math.min(most, budget));
    if (share <= given) return;
    shares.set(prompt.slot, share);
    budget -= share - given;
  };
  const [oldest] = demand.prefilling;
  const hasRoom = budget >= 2 * CHUNK_TOKENS;
  if (oldest) give(oldest, Math.max(Math.ceil(budget * OLDEST_SHARE), hasRoom ? CHUNK_TOKENS : 0));
  const shortestFirst = [...demand.prefilling].sort((left, right) => left.remaining - right.remaining);
  for (const prompt of shortestFirst) give(prompt, budget);
  return shares;
}
