import type { SamplingOptions } from '../../src/runner/protocol.ts';

/** Always the likeliest token. */
export const greedySampling: SamplingOptions = {
  temperature: 0,
  topK: 40,
  topP: 0.9,
  minP: 0,
  typicalP: 1,
  repeatPenalty: 1,
  repeatLastN: 64,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: -1,
};
