import { KIB } from '../../base/units.ts';
import { MAX_SEED, MIN_SEED } from './seed.ts';

/** One model option: its JSON type and its valid values. Both ends of a range are included. */
export interface OptionRule {
  readonly type: 'integer' | 'float32' | 'boolean' | 'text' | 'strings' | 'float32s' | 'logit-bias';
  /** The value if neither the request nor the model sets the option; absent = no fixed default. */
  readonly default?: number | boolean | readonly string[] | readonly number[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Maximum number of items in a list. */
  readonly maximumItems?: number;
  /** Maximum number of UTF-8 bytes in a text, or in each text of a list. */
  readonly maximumBytes?: number;
  /** Whether the engine reads it as a C string, which ends at U+0000. */
  readonly isCString?: boolean;
}

/** 16 Mi tokens: more than any model supports, and more than memory allows. */
const MAX_CONTEXT_LENGTH = 2 ** 24;
/** Decoding more tokens than this in one call only costs memory. */
const MAX_BATCH_SIZE = 2 ** 16;
/** More layers than any model has, and more devices than any machine has. */
const MAX_HARDWARE_COUNT = 2 ** 16;
/** llama.cpp's LLAMA_MAX_SEQ: maximum number of sequences per context. */
const MAX_PARALLEL = 256;
/** ggml's GGML_MAX_N_THREADS (ggml.h). */
const MAX_THREADS = 512;
const MAX_INT32 = 2 ** 31 - 1;
/** Samplers turn into noise or a fixed choice long before this. */
const MAX_STRENGTH = 1000;
/** Surprise in bits; one of a million equally likely tokens has 20. */
const MAX_SURPRISE = 100;
/** Each stop text is compared with every token; real requests have fewer than ten. */
const MAX_STOP_TEXTS = 256;
const MAX_STOP_BYTES = 16 * KIB;
const MAX_BANNED_TEXTS = 64;
const MAX_BANNED_BYTES = 1024;
const MAX_BREAKERS = 64;
/** llama.cpp compares only this many bytes of a sequence breaker. */
const MAX_BREAKER_BYTES = 40;
/** Large grammars take llama.cpp seconds per token. */
const MAX_GRAMMAR_BYTES = 256 * KIB;

/** Four times what the families with the finest pictures make of one. */
const MAX_IMAGE_TOKENS = 2 ** 16;

/** Each adapter costs a matrix product per layer. No model may have more adapters than this. */
const MAX_ADAPTERS = 64;

export const optionRules = {
  num_ctx: { type: 'integer', minimum: 0, maximum: MAX_CONTEXT_LENGTH },
  num_batch: { type: 'integer', default: 512, minimum: 1, maximum: MAX_BATCH_SIZE },
  num_gpu: { type: 'integer', default: -1, minimum: -1, maximum: MAX_HARDWARE_COUNT },
  num_cpu_moe: { type: 'integer', minimum: 0, maximum: MAX_HARDWARE_COUNT },
  main_gpu: { type: 'integer', minimum: 0, maximum: MAX_HARDWARE_COUNT },
  use_mmap: { type: 'boolean' },
  use_mlock: { type: 'boolean', default: false },
  /** Number of requests that the model answers at the same time. */
  num_parallel: { type: 'integer', minimum: 1, maximum: MAX_PARALLEL },
  num_thread: { type: 'integer', default: 0, minimum: 0, maximum: MAX_THREADS },
  draft_num_predict: { type: 'integer', minimum: 0, maximum: MAX_BATCH_SIZE },
  deterministic: { type: 'boolean' },
  fast_forward: { type: 'boolean', default: false },
  num_keep: { type: 'integer', default: 4, minimum: -1, maximum: MAX_CONTEXT_LENGTH },
  seed: { type: 'integer', default: -1, minimum: MIN_SEED, maximum: MAX_SEED },
  num_predict: { type: 'integer', default: -1, minimum: -MAX_INT32, maximum: MAX_INT32 },
  top_k: { type: 'integer', default: 40, minimum: -1, maximum: MAX_INT32 },
  top_p: { type: 'float32', default: 0.9, minimum: 0, maximum: 1 },
  min_p: { type: 'float32', default: 0, minimum: 0, maximum: 1 },
  typical_p: { type: 'float32', default: 1, minimum: 0, maximum: 1 },
  repeat_last_n: { type: 'integer', default: 64, minimum: -1, maximum: MAX_CONTEXT_LENGTH },
  temperature: { type: 'float32', default: 0.8, minimum: 0, maximum: MAX_STRENGTH },
  /** Logits are divided by this, so it must not be 0. */
  repeat_penalty: { type: 'float32', default: 1, minimum: 1 / MAX_STRENGTH, maximum: MAX_STRENGTH },
  presence_penalty: { type: 'float32', default: 0, minimum: -MAX_STRENGTH, maximum: MAX_STRENGTH },
  frequency_penalty: { type: 'float32', default: 0, minimum: -MAX_STRENGTH, maximum: MAX_STRENGTH },
  mirostat: { type: 'integer', default: 0, minimum: 0, maximum: 2 },
  mirostat_tau: { type: 'float32', default: 5, minimum: 0, maximum: MAX_SURPRISE },
  mirostat_eta: { type: 'float32', default: 0.1, minimum: 0, maximum: 1 },
  dry_multiplier: { type: 'float32', default: 0, minimum: 0, maximum: MAX_STRENGTH },
  dry_base: { type: 'float32', default: 1.75, minimum: 1, maximum: MAX_STRENGTH },
  dry_allowed_length: { type: 'integer', default: 2, minimum: 0, maximum: MAX_CONTEXT_LENGTH },
  dry_penalty_last_n: { type: 'integer', default: -1, minimum: -1, maximum: MAX_CONTEXT_LENGTH },
  dry_sequence_breakers: {
    type: 'strings',
    default: ['\n', ':', '"', '*'],
    maximumItems: MAX_BREAKERS,
    maximumBytes: MAX_BREAKER_BYTES,
    isCString: true,
  },
  xtc_probability: { type: 'float32', default: 0, minimum: 0, maximum: 1 },
  xtc_threshold: { type: 'float32', default: 0.1, minimum: 0, maximum: 1 },
  top_n_sigma: { type: 'float32', default: -1, minimum: -1, maximum: MAX_STRENGTH },
  dynatemp_range: { type: 'float32', default: 0, minimum: 0, maximum: MAX_STRENGTH },
  dynatemp_exponent: { type: 'float32', default: 1, minimum: 0, maximum: MAX_STRENGTH },
  logit_bias: { type: 'logit-bias' },
  min_tokens: { type: 'integer', default: 0, minimum: 0, maximum: MAX_INT32 },
  ignore_eos: { type: 'boolean', default: false },
  stop: { type: 'strings', default: [], maximumItems: MAX_STOP_TEXTS, maximumBytes: MAX_STOP_BYTES },
  banned_strings: {
    type: 'strings',
    default: [],
    maximumItems: MAX_BANNED_TEXTS,
    maximumBytes: MAX_BANNED_BYTES,
  },
  /** A grammar in GBNF. */
  grammar: { type: 'text', maximumBytes: MAX_GRAMMAR_BYTES, isCString: true },
  fixed_json_spaces: { type: 'boolean', default: false },
  adapter_scale: {
    type: 'float32s',
    default: [],
    minimum: -MAX_STRENGTH,
    maximum: MAX_STRENGTH,
    maximumItems: MAX_ADAPTERS,
  },
  image_min_tokens: { type: 'integer', minimum: 1, maximum: MAX_IMAGE_TOKENS },
  image_max_tokens: { type: 'integer', minimum: 1, maximum: MAX_IMAGE_TOKENS },
} as const satisfies Record<string, OptionRule>;

export type OptionName = keyof typeof optionRules;

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(optionRules, name);
}
