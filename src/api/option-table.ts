/** One model option: its JSON type and the values that make sense. Both ends of a range are allowed. */
export interface OptionRule {
  readonly type: 'integer' | 'float32' | 'boolean' | 'strings' | 'float32s';
  readonly minimum?: number;
  readonly maximum?: number;
}

/** 16 Mi tokens: beyond any model; memory for more could not be had. */
const MAX_CONTEXT_LENGTH = 2 ** 24;
/** One decode over more tokens than this only costs memory. */
const MAX_BATCH_SIZE = 2 ** 16;
/** Layers, devices and threads of any machine. */
const MAX_HARDWARE_COUNT = 2 ** 16;
const MAX_INT32 = 2 ** 31 - 1;
/** Samplers turn into noise or a fixed choice long before this. */
const MAX_STRENGTH = 1000;

export const optionRules = {
  num_ctx: { type: 'integer', minimum: 0, maximum: MAX_CONTEXT_LENGTH },
  num_batch: { type: 'integer', minimum: 1, maximum: MAX_BATCH_SIZE },
  num_gpu: { type: 'integer', minimum: -1, maximum: MAX_HARDWARE_COUNT },
  main_gpu: { type: 'integer', minimum: 0, maximum: MAX_HARDWARE_COUNT },
  use_mmap: { type: 'boolean' },
  use_mlock: { type: 'boolean' },
  num_thread: { type: 'integer', minimum: 0, maximum: MAX_HARDWARE_COUNT },
  draft_num_predict: { type: 'integer', minimum: 0, maximum: MAX_BATCH_SIZE },
  num_keep: { type: 'integer', minimum: -1, maximum: MAX_CONTEXT_LENGTH },
  seed: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  num_predict: { type: 'integer', minimum: -MAX_INT32, maximum: MAX_INT32 },
  top_k: { type: 'integer', minimum: -1, maximum: MAX_INT32 },
  top_p: { type: 'float32', minimum: 0, maximum: 1 },
  min_p: { type: 'float32', minimum: 0, maximum: 1 },
  typical_p: { type: 'float32', minimum: 0, maximum: 1 },
  repeat_last_n: { type: 'integer', minimum: -1, maximum: MAX_CONTEXT_LENGTH },
  temperature: { type: 'float32', minimum: 0, maximum: MAX_STRENGTH },
  repeat_penalty: { type: 'float32', minimum: 0, maximum: MAX_STRENGTH },
  presence_penalty: { type: 'float32', minimum: -MAX_STRENGTH, maximum: MAX_STRENGTH },
  frequency_penalty: { type: 'float32', minimum: -MAX_STRENGTH, maximum: MAX_STRENGTH },
  stop: { type: 'strings' },
  adapter_scale: { type: 'float32s', minimum: -MAX_STRENGTH, maximum: MAX_STRENGTH },
} as const satisfies Record<string, OptionRule>;

export type OptionName = keyof typeof optionRules;

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(optionRules, name);
}
