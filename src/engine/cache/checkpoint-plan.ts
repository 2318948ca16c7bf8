/** Decides where a model whose state cannot be rolled back leaves checkpoints: pure functions. */
import { MIB } from '../../base/units.ts';
import type { MediaSpan } from '../../protocol/media.ts';
import { endOf, spanAt, wholePieces } from '../media/spans.ts';
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
 * Lengths at which later prompts are likely to diverge, the longest first: shortly before the end, and behind the last piece of
 * media, where another question about it begins. None lies inside of a piece.
 */
export function likelyCuts(promptLength: number, spans: readonly MediaSpan[]): number[] {
  const cuts = [lastCheckpoint(promptLength), behindMedia(promptLength, spans)];
  const whole = cuts.filter((cut) => cut !== undefined).map((cut) => wholePieces(spans, cut));
  return [...new Set(whole)].sort((left, right) => right - left);
}

/**
 * The next number of computed tokens, after `computed`, at which to leave a checkpoint; undefined = none before the end. One is
 * always left behind the last piece of media.
 */
export function nextCheckpoint(
  computed: number,
  promptLength: number,
  spans: readonly MediaSpan[] = [],
): number | undefined {
  const next = nextOutsideMedia(computed, promptLength, spans);
  const behind = behindMedia(promptLength, spans);
  if (behind === undefined || behind <= computed) return next;
  return Math.min(behind, next ?? behind);
}

function behindMedia(promptLength: number, spans: readonly MediaSpan[]): number | undefined {
  const last = spans.filter((span) => endOf(span) < promptLength).at(-1);
  return last && endOf(last) >= MIN_DISTANCE_TOKENS ? endOf(last) : undefined;
}

/** A checkpoint inside of a piece of media would be of no use: it moves in front of the piece, or else behind it. */
function nextOutsideMedia(
  computed: number,
  promptLength: number,
  spans: readonly MediaSpan[],
): number | undefined {
  const next = nextInText(computed, promptLength);
  const span = next === undefined ? undefined : spanAt(spans, next);
  if (!span || span.start === next) return next;
  if (span.start > computed) return span.start;
  return endOf(span) < promptLength ? endOf(span) : undefined;
}

function nextInText(computed: number, promptLength: number): number | undefined {
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
