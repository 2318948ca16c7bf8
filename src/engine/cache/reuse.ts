/** Decides how much of what is already computed can be reused for a prompt: pure functions, no effects. */
import { CHUNK_TOKENS, floorTo } from '../batching/step-plan.ts';
import type { Holding } from './slot.ts';

/** Properties of a model's memory. */
export interface MemoryTraits {
  /** False for recurrent and hybrid models: their state cannot go back to an earlier token. */
  readonly canRollBack: boolean;
  /** Number of tokens that sliding-window layers look back; 0 = no such layers. */
  readonly window: number;
}

/** What a prompt asks of a holding. */
export interface Wanted {
  readonly tokens: readonly number[];
  readonly salt: string;
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
  const { tokens, salt, lastUsed, exactLength, fixedLength, checkpoints } = holding;
  const windowStart = Math.max(holding.windowStart, tokens.length - window);
  return { tokens, salt, lastUsed, exactLength, fixedLength, checkpoints, windowStart };
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

/** The longest prefix of at most `length` tokens that a holding can be cut to, a multiple of `step`; 0 = none. */
function reachableLength(holding: Holding, length: number, traits: MemoryTraits, step: number): number {
  const whole = floorTo(length, step);
  if (canCutTo(holding, whole, traits)) return whole;
  const reachable = holding.checkpoints
    .map((checkpoint) => checkpoint.length)
    .filter((candidate) => candidate <= whole && candidate % step === 0);
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
  return common <= 0 ? 0 : reachableLength(holding, common, traits, wanted.isFixed ? CHUNK_TOKENS : 1);
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
