/** Where a model whose state cannot go back leaves checkpoints: pure decisions. */
import type { Checkpoint } from './slot.ts';

/** A later prompt often differs in the last tokens of the template's opening of the answer. */
const TAIL_TOKENS = 8;
/** Distance inside long prompts: what at most is computed anew after a common beginning. */
const SPACING_TOKENS = 512;
/** Closer ones save too little. */
const MIN_DISTANCE_TOKENS = 64;
/** Per slot; with the bytes below it keeps recurrent states of large models in bounds. */
const MAX_CHECKPOINTS = 8;
const MAX_CHECKPOINT_BYTES = 256 * 1024 * 1024;

/** Where a prompt is likely to end being the same as the next one: shortly before its end; undefined = too short. */
export function lastCheckpoint(promptLength: number): number | undefined {
  const last = promptLength - TAIL_TOKENS;
  return last < MIN_DISTANCE_TOKENS ? undefined : last;
}

/** The next number of computed tokens, after `computed`, to leave a checkpoint at; undefined = none before the end. */
export function nextCheckpoint(computed: number, promptLength: number): number | undefined {
  const last = lastCheckpoint(promptLength);
  if (last === undefined || computed >= last) return undefined;
  const next = (Math.floor(computed / SPACING_TOKENS) + 1) * SPACING_TOKENS;
  return next > last - MIN_DISTANCE_TOKENS ? last : next;
}

/** Drops, while there are too many, the one that leaves the smallest gap; never the newest. */
export function thinCheckpoints(checkpoints: readonly Checkpoint[]): Checkpoint[] {
  const kept = [...checkpoints].sort((left, right) => left.length - right.length);
  while (kept.length > 1 && (kept.length > MAX_CHECKPOINTS || totalBytes(kept) > MAX_CHECKPOINT_BYTES)) {
    kept.splice(leastUseful(kept), 1);
  }
  return kept;
}

function leastUseful(checkpoints: readonly Checkpoint[]): number {
  const gap = (index: number) =>
    (checkpoints[index + 1]?.length ?? 0) - (checkpoints[index - 1]?.length ?? 0);
  const candidates = checkpoints.slice(0, -1).map((_, index) => index);
  return candidates.reduce((best, index) => (gap(index) < gap(best) ? index : best), 0);
}

function totalBytes(checkpoints: readonly Checkpoint[]): number {
  return checkpoints.reduce((total, { state }) => total + state.length, 0);
}
