import type { SamplingOptions } from '../../../src/protocol/completion.ts';

/** Always selects the likeliest token. */
export const plainSampling: SamplingOptions = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  typicalP: 1,
  repeatPenalty: 1,
  repeatLastN: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 1,
};
