/**
 * Requests for several answers to one prompt arrive together, and so do agents with one long system prompt. One of them
 * computes what they share, and the others start from a copy of it.
 */
import { asCopied, type MemoryTraits, type Wanted } from './reuse.ts';
import type { Holding } from './slot.ts';
import { moveCost, moves, providedLength } from './slot-choice.ts';

/** A prompt that is being computed. */
export interface PromptInWork {
  readonly prompt: readonly number[];
  /** What is computed of it so far. */
  readonly slot: Holding;
  /** Whether it is computed for a deterministic request. */
  readonly isFixed: boolean;
}

interface WaitInput {
  readonly wanted: Wanted;
  /** What it costs to start now: the tokens to compute, and the copy of those that need not be computed. */
  readonly cost: number;
  readonly inWork: readonly PromptInWork[];
  readonly traits: MemoryTraits;
  /** Whether slots keep the logits after their prompts. */
  readonly keepsLogits: boolean;
}

const noValues = new Float32Array();

/**
 * Whether a prompt is answered sooner if it waits until another one is computed. All costs are tokens to compute. Prompts
 * that are computed at the same time share the processor, so that starting now also waits for the other prompt, for as
 * long as both are computed.
 */
export function isWorthWaiting({ wanted, cost, inWork, traits, keepsLogits }: WaitInput): boolean {
  const { length } = wanted.tokens;
  return inWork.some((work) => {
    const remaining = work.prompt.length - work.slot.tokens.length;
    const provided = providedLength(asCopied(whenComputed(work, keepsLogits), traits), wanted, traits);
    const waiting = remaining + moveCost(work.prompt.length, moves.slot) + length - provided;
    return waiting < cost + Math.min(cost, remaining);
  });
}

/** What the slot will hold at the end of the prompt. */
function whenComputed({ prompt, slot, isFixed }: PromptInWork, keepsLogits: boolean): Holding {
  return {
    tokens: prompt,
    salt: slot.salt,
    lastUsed: slot.lastUsed,
    exactLength: Number.POSITIVE_INFINITY,
    fixedLength: isFixed ? prompt.length : slot.fixedLength,
    windowStart: slot.windowStart,
    checkpoints: slot.checkpoints,
    logits: keepsLogits ? { length: prompt.length, isFixed, values: noValues } : undefined,
  };
}
