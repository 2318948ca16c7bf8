/** Decides where a model whose state cannot be rolled back leaves checkpoints: pure functions. */
import { MIB } from '../../base/units.ts';
import type { Checkpoint } from './slot.ts';

/** A later prompt often differs in the last tokens, where the template opens the answer. */
const TAIL_TOKENS = 8;
/**
 * Distance between checkpoints inside long prompts: the maximum number of tokens to recompute after a common prefix.
 */
const SPACING_TOKENS = 512;
/** Minimum distance between checkpoints; closer ones save too little. */
const MIN_DISTANCE_TOKENS = 64;
/**
 * Maximum number of checkpoints per slot. Together with the byte limit below, it bounds the recurrent states of large
 * models.
 */
const MAX_CHECKPOINTS = 8;
const MAX_CHECKPOINT_BYTES = 256 * MIB;

/**
 * Length at which the next prompt is likely to diverge, shortly before the end; undefined = the prompt is too short.
 */
export function lastCheckpoint(promptLength: number): number | undefined {
  const last = promptLength - TAIL_TOKENS;
  return last < MIN_DISTANCE_TOKENS ? undefined : last;
}

/**
 * The next number of computed tokens, after `computed`, at which to leave a checkpoint; undefined = none before the
 * end.
 */
export function nextCheckpoint(computed: number, promptLength: number): number | undefined {
  const last = lastCheckpoint(promptLength);
  if (last === undefined || computed >= last) return undefined;
  const next = (Math.floor(computed / SPACING_TOKENS) + 1) * SPACING_TOKENS;
  return next > last - MIN_DISTANCE_TOKENS ? last : next;
}

/** While there are too many checkpoints, drops the one whose removal leaves the smallest gap; never the newest. */
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
