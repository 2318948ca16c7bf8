import type { OptionName } from './option-table.ts';

/** The user documentation of one option. */
export interface OptionNote {
  readonly meaning: string;
  /** The first and last value that a slider offers, where far more are valid than people use. */
  readonly usual?: readonly [number, number];
}

export const optionNotes: Readonly<Record<OptionName, OptionNote>> = {
  num_ctx: {
    meaning:
      'Context length in tokens; the default is `OLLAMA_CONTEXT_LENGTH`, the limit is the training context of the model',
  },
  num_batch: { meaning: 'Maximum number of prompt tokens processed in one step' },
  num_gpu: { meaning: 'Number of layers on the GPU; -1: as many as fit' },
  num_cpu_moe: {
    meaning:
      'Number of first layers whose experts (of a mixture of experts) stay on the CPU while a GPU computes the rest; 0: none; the default is as few as make the rest fit',
  },
  main_gpu: { meaning: 'Number of the GPU to use' },
  use_mmap: {
    meaning:
      'Map the model file into memory instead of reading it; the default is true, except where `OLLAMA_HUGE_PAGES` has it read into huge pages',
  },
  use_mlock: { meaning: 'Lock the weights in memory so that they are never swapped out' },
  num_parallel: { meaning: 'Number of concurrent requests; the default is `OLLAMA_NUM_PARALLEL`' },
  num_thread: { meaning: 'Number of CPU threads; 0: chosen by the engine' },
  draft_num_predict: {
    meaning:
      'Maximum number of tokens drafted ahead, by a draft model or where the text repeats itself; 0: off',
  },
  deterministic: {
    meaning:
      'Same answer to the same request (with `temperature` 0 or a `seed`), whoever else is served and whatever is cached, at a cost in speed; the default is `OLLAMA_DETERMINISTIC`',
  },
  fast_forward: {
    meaning:
      'Whether text that a grammar or `format` leaves no choice about is computed at once instead of token by token; quicker, but the answer may differ, because the model would cut the text into other tokens',
  },
  num_keep: {
    meaning: 'Number of tokens kept at the start when the context is full; -1: the whole prompt',
  },
  seed: {
    meaning: 'Fixed seed for reproducible output, of which 32 bits are used; negative picks a random seed',
  },
  num_predict: {
    meaning:
      'Maximum number of tokens in the answer; -1: ten times the context length, -2: until the context is full',
  },
  top_k: { meaning: 'Sample from the k most likely tokens; 0 or less: from all', usual: [0, 200] },
  top_p: {
    meaning: 'Sample from the most likely tokens whose probabilities add up to this value',
  },
  min_p: { meaning: 'Drop tokens less likely than this fraction of the most likely one' },
  typical_p: { meaning: 'Probability mass for locally typical sampling; 1: off' },
  repeat_last_n: {
    meaning: 'Number of recent tokens that the penalties consider; 0: none, -1: the whole context',
  },
  temperature: {
    meaning: 'Higher values make the output more varied; 0: always the most likely token',
    usual: [0, 2],
  },
  repeat_penalty: {
    meaning: 'Values above 1 make tokens that already occurred less likely; 1: off',
    usual: [0.5, 2],
  },
  presence_penalty: {
    meaning: 'Penalty subtracted once from every token that already occurred; 0: off',
    usual: [-2, 2],
  },
  frequency_penalty: { meaning: 'Penalty subtracted once per previous occurrence; 0: off', usual: [-2, 2] },
  mirostat: {
    meaning: 'Mirostat version, 1 or 2, which keeps the surprise of the output steady; 0: off',
  },
  mirostat_tau: { meaning: 'Target surprise of Mirostat', usual: [0, 10] },
  mirostat_eta: { meaning: 'Learning rate of Mirostat' },
  dry_multiplier: { meaning: 'Strength of DRY, the penalty on repeated sequences; 0: off', usual: [0, 2] },
  dry_base: { meaning: 'How fast the DRY penalty grows with the length of the sequence', usual: [1, 4] },
  dry_allowed_length: { meaning: 'Longest repeated sequence that DRY leaves unpenalized', usual: [0, 20] },
  dry_penalty_last_n: {
    meaning: 'Number of recent tokens that DRY considers; 0: none, -1: the whole context',
  },
  dry_sequence_breakers: {
    meaning: 'Texts that break a sequence for DRY',
  },
  xtc_probability: { meaning: 'Probability that XTC drops the most likely tokens; 0: off' },
  xtc_threshold: { meaning: 'Minimum probability of a token that XTC may drop' },
  top_n_sigma: {
    meaning: 'Drop tokens more than this many standard deviations below the best; 0 or less: off',
    usual: [-1, 5],
  },
  dynatemp_range: {
    meaning: 'How far the temperature may move up or down with the certainty of the model; 0: off',
    usual: [0, 2],
  },
  dynatemp_exponent: { meaning: 'Exponent of the curve that maps certainty to temperature', usual: [0, 2] },
  logit_bias: {
    meaning: 'Makes tokens more or less likely: `{"TOKEN OR TEXT": NUMBER}`; `false` bans a token',
  },
  min_tokens: { meaning: 'Minimum number of tokens in the answer' },
  ignore_eos: { meaning: 'Continue when the model would end its answer' },
  stop: { meaning: 'Texts that end the answer' },
  banned_strings: { meaning: 'Texts that must not occur in the answer' },
  grammar: { meaning: 'A GBNF grammar that the answer must match' },
  fixed_json_spaces: {
    meaning:
      'Write the JSON of `format` and of enforced tool calls with one blank behind each colon and comma, and no other white space; faster, as the model has less to choose',
  },
  adapter_scale: { meaning: 'Strength of each adapter; 1 where none is given' },
  image_min_tokens: {
    meaning: 'Minimum number of tokens that a picture becomes, for models whose pictures may differ in size',
  },
  image_max_tokens: {
    meaning: 'Maximum number of tokens that a picture becomes, for models whose pictures may differ in size',
  },
};
