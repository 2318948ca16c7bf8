import type { OptionName } from './option-table.ts';

/** The user documentation of one option. */
export interface OptionNote {
  /** The value used when neither request nor model sets the option; absent when there is none or it varies. */
  readonly default?: number | boolean | readonly string[];
  readonly meaning: string;
}

export const optionNotes: Readonly<Record<OptionName, OptionNote>> = {
  num_ctx: {
    meaning:
      'Context length in tokens; the default is `OLLAMA_CONTEXT_LENGTH`, the limit is the training context of the model',
  },
  num_batch: { default: 512, meaning: 'Maximum number of prompt tokens processed in one step' },
  num_gpu: { default: -1, meaning: 'Number of layers on the GPU; -1: as many as fit' },
  main_gpu: { meaning: 'Number of the GPU to use' },
  use_mmap: { default: true, meaning: 'Map the model file into memory instead of reading it' },
  use_mlock: { default: false, meaning: 'Lock the weights in memory so that they are never swapped out' },
  num_parallel: { meaning: 'Number of concurrent requests; the default is `OLLAMA_NUM_PARALLEL`' },
  num_thread: { default: 0, meaning: 'Number of CPU threads; 0: chosen by the engine' },
  draft_num_predict: {
    meaning: 'Maximum number of tokens drafted ahead where the text repeats itself; 0: off',
  },
  num_keep: {
    default: 4,
    meaning: 'Number of tokens kept at the start when the context is full; -1: the whole prompt',
  },
  seed: { default: -1, meaning: 'Fixed seed for reproducible output; negative picks a random seed' },
  num_predict: {
    default: -1,
    meaning:
      'Maximum number of tokens in the answer; -1: ten times the context length, -2: until the context is full',
  },
  top_k: { default: 40, meaning: 'Sample from the k most likely tokens; 0 or less: from all' },
  top_p: {
    default: 0.9,
    meaning: 'Sample from the most likely tokens whose probabilities add up to this value',
  },
  min_p: { default: 0, meaning: 'Drop tokens less likely than this fraction of the most likely one' },
  typical_p: { default: 1, meaning: 'Probability mass for locally typical sampling; 1: off' },
  repeat_last_n: {
    default: 64,
    meaning: 'Number of recent tokens that the penalties consider; 0: none, -1: the whole context',
  },
  temperature: {
    default: 0.8,
    meaning: 'Higher values make the output more varied; 0: always the most likely token',
  },
  repeat_penalty: {
    default: 1,
    meaning: 'Values above 1 make tokens that already occurred less likely; 1: off',
  },
  presence_penalty: {
    default: 0,
    meaning: 'Penalty subtracted once from every token that already occurred; 0: off',
  },
  frequency_penalty: { default: 0, meaning: 'Penalty subtracted once per previous occurrence; 0: off' },
  mirostat: {
    default: 0,
    meaning: 'Mirostat version, 1 or 2, which keeps the surprise of the output steady; 0: off',
  },
  mirostat_tau: { default: 5, meaning: 'Target surprise of Mirostat' },
  mirostat_eta: { default: 0.1, meaning: 'Learning rate of Mirostat' },
  dry_multiplier: { default: 0, meaning: 'Strength of DRY, the penalty on repeated sequences; 0: off' },
  dry_base: { default: 1.75, meaning: 'How fast the DRY penalty grows with the length of the sequence' },
  dry_allowed_length: { default: 2, meaning: 'Longest repeated sequence that DRY leaves unpenalized' },
  dry_penalty_last_n: {
    default: -1,
    meaning: 'Number of recent tokens that DRY considers; 0: none, -1: the whole context',
  },
  dry_sequence_breakers: {
    default: ['\n', ':', '"', '*'],
    meaning: 'Texts that break a sequence for DRY',
  },
  xtc_probability: { default: 0, meaning: 'Probability that XTC drops the most likely tokens; 0: off' },
  xtc_threshold: { default: 0.1, meaning: 'Minimum probability of a token that XTC may drop' },
  top_n_sigma: {
    default: -1,
    meaning: 'Drop tokens more than this many standard deviations below the best; 0 or less: off',
  },
  dynatemp_range: {
    default: 0,
    meaning: 'How far the temperature may move up or down with the certainty of the model; 0: off',
  },
  dynatemp_exponent: { default: 1, meaning: 'Exponent of the curve that maps certainty to temperature' },
  logit_bias: {
    meaning: 'Makes tokens more or less likely: `{"TOKEN OR TEXT": NUMBER}`; `false` bans a token',
  },
  min_tokens: { default: 0, meaning: 'Minimum number of tokens in the answer' },
  ignore_eos: { default: false, meaning: 'Continue when the model would end its answer' },
  stop: { default: [], meaning: 'Texts that end the answer' },
  banned_strings: { default: [], meaning: 'Texts that must not occur in the answer' },
  grammar: { meaning: 'A GBNF grammar that the answer must match' },
  adapter_scale: { default: [], meaning: 'Strength of each adapter; 1 where none is given' },
};
