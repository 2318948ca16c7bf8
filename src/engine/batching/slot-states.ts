import type { SlotState } from '../../protocol/step-report.ts';
import { sharedPrefixes } from '../cache/shared-prefixes.ts';
import type { Slot } from '../cache/slot.ts';
import type { Sequence } from './sequence.ts';

/** What each slot holds, and for whom. */
export function slotStates(slots: readonly Slot[], running: readonly Sequence[]): SlotState[] {
  const runs = new Map(running.map(({ slot, request }) => [slot, request.run ?? 0]));
  const shared = sharedPrefixes(slots);
  return slots.map((slot, index) => {
    const run = runs.get(slot);
    return {
      ...(run !== undefined && { run }),
      tokens: slot.tokens.length,
      shared: shared[index] ?? 0,
      promptTokens: slot.promptLength,
    };
  });
}
