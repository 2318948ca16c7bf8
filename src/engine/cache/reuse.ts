/** Decides how much of what is already computed can be reused for a prompt: pure functions, no effects. */
import type { MediaSpan } from '../../protocol/media.ts';
import { wholeChunkLength, wholePieces } from '../media/spans.ts';
import type { Holding } from './slot.ts';

/** Properties of a model's memory. */
export interface MemoryTraits {
  /** False for recurrent and hybrid models: their state cannot go back to an earlier token. */
  readonly canRollBack: boolean;
  /** Number of tokens that sliding-window layers look back; 0 = no such layers. */
  readonly window: number;
  /** Number of tokens of the last call that such a state can step back, but never all of them; absent = 0. */
  readonly snapshots?: number;
}

/**
 * Whether one token may be computed after the contents of a slot and removed again, whatever was computed before. States
 * have no snapshot from before a call, and windows may have moved on.
 */
export function canPad({ canRollBack, window }: MemoryTraits): boolean {
  return canRollBack && window === 0;
}

/**
 * Number of tokens of a call, after its first one, that can be removed again without loss. A window may pass older tokens
 * during that call, but none that the tokens left still attend to.
 */
export function mostUndone({ canRollBack, snapshots = 0 }: MemoryTraits): number {
  return canRollBack ? Number.POSITIVE_INFINITY : snapshots;
}

/** What a prompt asks of a holding. */
export interface Wanted {
  readonly tokens: readonly number[];
  readonly salt: string;
  /** Where its media lie; absent = it has none. */
  readonly spans?: readonly MediaSpan[];
  /** Whether only state computed in whole chunks of its own will do; absent = any state. */
  readonly isFixed?: boolean;
  /** Whether nothing can be reused, because the logits after all of the tokens are wanted. */
  readonly isScored?: boolean;
}

/** Length of the longest common prefix. */
export function commonPrefix(left: readonly number[], right: readonly number[]): number {
  const limit = Math.min(left.length, right.length);
  let length = 0;
  while (length < limit && left[length] === right[length]) length++;
  return length;
}

/** What a copy of a holding would hold: llama.cpp leaves out what the sliding window has passed. */
export function asCopied(holding: Holding, { window }: MemoryTraits): Holding {
  if (window === 0) return holding;
  const { tokens, salt, lastUsed, exactLength, fixedLength, checkpoints, logits } = holding;
  const windowStart = Math.max(holding.windowStart, tokens.length - window);
  return { tokens, salt, lastUsed, exactLength, fixedLength, checkpoints, windowStart, logits };
}

/** Number of tokens of a holding whose state is exact and so worth keeping. */
export function exactTokens({ tokens, exactLength }: Holding): number {
  return Math.min(tokens.length, exactLength);
}

/** Whether a holding can be cut to its first `length` tokens without a checkpoint. */
export function canCutTo(holding: Holding, length: number, { canRollBack, window }: MemoryTraits): boolean {
  if (length === holding.tokens.length) return true;
  if (!canRollBack) return length === 0;
  // The token at position `length` attends to itself and the `window - 1` tokens before it.
  return holding.windowStart <= Math.max(0, length - window + 1);
}

/** The longest prefix of at most `length` tokens that a holding can be cut to, and that ends where it may; 0 = none. */
function reachableLength(
  holding: Holding,
  length: number,
  traits: MemoryTraits,
  cut: (length: number) => number,
): number {
  const whole = cut(length);
  if (canCutTo(holding, whole, traits)) return whole;
  const reachable = holding.checkpoints
    .map((checkpoint) => checkpoint.length)
    .filter((candidate) => candidate <= whole && cut(candidate) === candidate);
  return Math.max(0, ...reachable);
}

/** Number of leading tokens of `wanted`, at most `limit`, that a holding can provide. */
export function reusableLength(
  holding: Holding,
  wanted: Wanted,
  limit: number,
  traits: MemoryTraits,
): number {
  if (wanted.isScored || holding.salt !== wanted.salt) return 0;
  // What the window has passed is left out of copies and overwritten, which changes the order of sums over the rest.
  if (wanted.isFixed && traits.window > 0) return 0;
  const usable = Math.min(limit, holding.exactLength, wanted.isFixed ? holding.fixedLength : limit);
  const common = Math.min(commonPrefix(holding.tokens, wanted.tokens), usable);
  if (common <= 0) return 0;
  const { spans = [], isFixed } = wanted;
  return reachableLength(holding, common, traits, (length) =>
    isFixed ? wholeChunkLength(spans, length) : wholePieces(spans, length),
  );
}

/** Recomputing this few tokens costs less than keeping them. */
const NEGLIGIBLE_TOKENS = 16;

/** Whether another holding provides (nearly) everything that this one can. */
export function isCovered(holding: Holding, others: Iterable<Holding>, traits: MemoryTraits): boolean {
  const length = exactTokens(holding);
  for (const other of others) {
    if (other === holding || other.fixedLength < holding.fixedLength) continue;
    if (reusableLength(other, holding, length, traits) > length - NEGLIGIBLE_TOKENS) return true;
  }
  return false;
}
