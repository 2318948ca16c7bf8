import { decoderChecks, must, withKeyValueHeads } from './decoder.ts';
import type { ConfigCheck, Family } from './family.ts';
import { llama } from './llama.ts';

/** The engine leaves the rope out in every layer of this number. */
const LAYERS_WITHOUT_ROPE = 4;

const everyFourth: ConfigCheck = (config) => {
  const layers = config.optionalNumbers('no_rope_layers');
  const isAssumed = layers?.every(
    (hasRope, layer) => hasRope === ((layer + 1) % LAYERS_WITHOUT_ROPE === 0 ? 0 : 1),
  );
  return isAssumed === false
    ? '"no_rope_layers" in config.json is not what the engine computes for this architecture: every fourth layer'
    : undefined;
};

/** Llama without rope in every fourth layer. */
export const smollm3: Family = {
  ...llama,
  names: ['SmolLM3ForCausalLM'],
  architecture: 'smollm3',
  modelTypes: ['smollm3'],
  biases: [],
  complete: withKeyValueHeads,
  checks: [
    ...decoderChecks('llama3'),
    must('use_sliding_window', false),
    // Where the layers are listed, the interval is not used.
    (config) =>
      config.has('no_rope_layers') ? undefined : must('no_rope_layer_interval', LAYERS_WITHOUT_ROPE)(config),
    everyFourth,
  ],
};
