import { canCutTo, commonPrefix, type MemoryTraits, type Wanted } from './reuse.ts';
import type { Holding, Slot } from './slot.ts';

/** The raw logits after the last token of a prompt, so that the same prompt again needs no decode. */
export interface KeptLogits {
  /** Number of leading tokens of the holding that they follow. */
  readonly length: number;
  /** Whether a deterministic request computed all of these tokens, so that computing them again gives the same bits. */
  readonly isFixed: boolean;
  /** One per token of the vocabulary. */
  readonly values: Float32Array;
}

/** Copies logits to a slot, which has memory for those of one prompt. */
export function keepLogits(slot: Slot, { length, isFixed, values: from }: KeptLogits): void {
  const values = slot.logitsMemory ?? new Float32Array(from.length);
  values.set(from);
  slot.logitsMemory = values;
  slot.logits = { length, isFixed, values };
}

/** Logits of the same content that later changes of their slot do not affect. */
export function copiedLogits({ values, ...facts }: KeptLogits): KeptLogits {
  return { ...facts, values: values.slice() };
}

/** Whether a holding can provide the whole prompt and the logits after it. */
export function holdsLogits(holding: Holding, wanted: Wanted, traits: MemoryTraits): boolean {
  const { logits } = holding;
  const { length } = wanted.tokens;
  if (logits?.length !== length || wanted.isScored || holding.salt !== wanted.salt) return false;
  if (wanted.isFixed && (!logits.isFixed || traits.window > 0)) return false;
  const isExact = holding.exactLength >= length && canCutTo(holding, length, traits);
  return isExact && commonPrefix(holding.tokens, wanted.tokens) === length;
}
