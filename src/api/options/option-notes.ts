import type { OptionName } from './option-table.ts';

/** What people are told about an option. */
export interface OptionNote {
  /** Where neither request nor model names the option; absent where there is none, or it depends. */
  readonly default?: number | boolean | readonly string[];
  readonly meaning: string;
}

export const optionNotes: Readonly<Record<OptionName, OptionNote>> = {
  num_ctx: {
    meaning: 'context in tokens; default `OLLAMA_CONTEXT_LENGTH`, at most what the model was trained for',
  },
  num_batch: { default: 512, meaning: 'prompt tokens computed in one step' },
  num_gpu: { default: -1, meaning: 'layers on the GPU; -1 = as many as fit' },
  main_gpu: { meaning: 'the GPU to use, by its number' },
  use_mmap: { default: true, meaning: 'map the file into memory instead of reading it' },
  use_mlock: { default: false, meaning: 'lock the weights in memory, so that they are never swapped out' },
  num_parallel: { meaning: 'requests answered at the same time; default `OLLAMA_NUM_PARALLEL`' },
  num_thread: { default: 0, meaning: 'CPU threads; 0 = the engine chooses' },
  draft_num_predict: { meaning: 'most tokens guessed ahead where a text repeats itself; 0 = none' },
  num_keep: {
    default: 4,
    meaning: 'tokens at the start that stay when the context is full; -1 = the prompt',
  },
  seed: { default: -1, meaning: 'the same seed gives the same answer; negative = another one each time' },
  num_predict: {
    default: -1,
    meaning: 'most tokens of an answer; -1 = ten contexts, -2 = until the context is full',
  },
  top_k: { default: 40, meaning: 'choose among the likeliest k tokens; 0 or less = all' },
  top_p: { default: 0.9, meaning: 'choose among the likeliest tokens that make up this probability' },
  min_p: { default: 0, meaning: "leave out tokens below this part of the likeliest one's probability" },
  typical_p: { default: 1, meaning: 'choose among tokens of typical surprise; 1 = off' },
  repeat_last_n: { default: 64, meaning: 'tokens the penalties look back; 0 = none, -1 = the context' },
  temperature: { default: 0.8, meaning: 'more is more surprising; 0 = always the likeliest token' },
  repeat_penalty: { default: 1, meaning: 'makes what was said less likely; 1 = off' },
  presence_penalty: { default: 0, meaning: 'taken off each token that was said; 0 = off' },
  frequency_penalty: { default: 0, meaning: 'taken off each token as often as it was said; 0 = off' },
  mirostat: { default: 0, meaning: 'keeps the surprise steady: version 1 or 2; 0 = off' },
  mirostat_tau: { default: 5, meaning: 'the surprise that mirostat aims at' },
  mirostat_eta: { default: 0.1, meaning: 'how quickly mirostat corrects itself' },
  dry_multiplier: { default: 0, meaning: 'strength of DRY, against repeated sequences; 0 = off' },
  dry_base: { default: 1.75, meaning: 'how quickly DRY grows with the length of the sequence' },
  dry_allowed_length: { default: 2, meaning: 'longest sequence that DRY lets pass' },
  dry_penalty_last_n: { default: -1, meaning: 'tokens DRY looks back; 0 = none, -1 = the context' },
  dry_sequence_breakers: {
    default: ['\n', ':', '"', '*'],
    meaning: 'texts at which a sequence begins anew for DRY',
  },
  xtc_probability: { default: 0, meaning: 'how often XTC leaves out the likeliest tokens; 0 = off' },
  xtc_threshold: { default: 0.1, meaning: 'probability from which XTC counts a token as likely' },
  top_n_sigma: {
    default: -1,
    meaning: 'leave out tokens so many standard deviations below the best; 0 or less = off',
  },
  dynatemp_range: {
    default: 0,
    meaning: 'the temperature follows the certainty, by so much up and down; 0 = off',
  },
  dynatemp_exponent: { default: 1, meaning: 'how the temperature follows the certainty' },
  logit_bias: { meaning: 'makes tokens likelier or not: `{"TOKEN OR TEXT": NUMBER}`, `false` forbids' },
  min_tokens: { default: 0, meaning: 'the answer does not end before' },
  ignore_eos: { default: false, meaning: 'go on where the model would end' },
  stop: { default: [], meaning: 'texts that end the answer' },
  banned_strings: { default: [], meaning: 'texts that must not occur in the answer' },
  grammar: { meaning: 'a grammar (GBNF) that the answer follows' },
  adapter_scale: { default: [], meaning: 'the strength of each adapter, 1 where none is named' },
};
