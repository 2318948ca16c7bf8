import type { Config } from '../hugging-face/config.ts';
import { decoderChecks, withKeyValueHeads } from './decoder.ts';
import type { Family, MetadataRow } from './family.ts';
import { llama, llamaMetadata } from './llama.ts';
import { float, row } from './metadata-rows.ts';
import { sharedHeadSize } from './rope.ts';

/** The engine takes a factor of 0 for 1. */
function scaleRow(key: string, name: string): MetadataRow {
  return row(key, ({ config }) => {
    const value = config.number(name);
    if (value === 0) throw config.error(name, 'a number other than 0');
    return float(value);
  });
}

/** The engine divides the hidden size among the heads, and the reference writes no size of a head. */
function withSharedHeads(config: Config): Config {
  const shared = sharedHeadSize(config);
  if ((config.optionalInteger('head_dim') ?? shared) === shared) return config.with({ head_dim: null });
  throw config.error('head_dim', `${shared}, what the engine computes for this architecture`);
}

/** Granite 3, without experts: Llama with factors at four places. */
export const granite: Family = {
  ...llama,
  names: ['GraniteForCausalLM'],
  architecture: 'granite',
  modelTypes: ['granite'],
  metadata: [
    ...llamaMetadata,
    scaleRow('attention.scale', 'attention_multiplier'),
    scaleRow('embedding_scale', 'embedding_multiplier'),
    scaleRow('residual_scale', 'residual_multiplier'),
    scaleRow('logit_scale', 'logits_scaling'),
  ],
  complete: (config) => withSharedHeads(withKeyValueHeads(config)),
  checks: decoderChecks('llama3'),
};
