/** The context and the number of slots for which the page estimates memory, and with which it loads models. */
import { computed } from '@preact/signals';
import { stored } from '../app/stored.ts';

/** 0 = as the server decides. */
export const contexts = [0, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072] as const;
export const slotNumbers = [0, 1, 2, 4, 8, 16] as const;

const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;

export interface WantedLoad {
  /** Tokens of one slot; 0 = as the server decides. */
  readonly context: number;
  /** 0 = as the server decides. */
  readonly slots: number;
}

export const wantedContext = stored<number>('models.context', 0, isCount);
export const wantedSlots = stored<number>('models.slots', 0, isCount);
export const wantedLoad = computed<WantedLoad>(() => ({
  context: wantedContext.value,
  slots: wantedSlots.value,
}));

/** The fields of `POST /api/estimate`. */
export function estimateFields({ context, slots }: WantedLoad): object {
  return { ...(context > 0 && { options: { num_ctx: context } }), ...(slots > 0 && { slots }) };
}

/** The fields of `POST /api/load`. */
export function loadFields({ context, slots }: WantedLoad): object {
  const options = { ...(context > 0 && { num_ctx: context }), ...(slots > 0 && { num_parallel: slots }) };
  return Object.keys(options).length > 0 ? { options } : {};
}
