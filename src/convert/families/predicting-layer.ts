/**
 * The layer behind the others that predicts the token after the next one (MTP). The engine drafts with it, if there is
 * exactly one.
 */
import type { Config } from '../hugging-face/config.ts';
import type { TensorRule } from './family.ts';

const isPredicting = (config: Config, layer: number): boolean => layer >= config.integer('num_hidden_layers');

const rule = (to: string): TensorRule => ({ to, when: isPredicting });

/** What such a layer has beside the tensors of other layers. */
export const predictingLayerTensors: Readonly<Record<string, TensorRule>> = {
  'model.layers.N.eh_proj': rule('blk.N.nextn.eh_proj'),
  'model.layers.N.enorm': rule('blk.N.nextn.enorm'),
  'model.layers.N.hnorm': rule('blk.N.nextn.hnorm'),
  'model.layers.N.embed_tokens': rule('blk.N.nextn.embed_tokens'),
  'model.layers.N.shared_head.head': rule('blk.N.nextn.shared_head_head'),
  'model.layers.N.shared_head.norm': rule('blk.N.nextn.shared_head_norm'),
};

/** Parts that other layers lend where a model leaves them out. */
export const sharedParts: readonly string[] = [
  'model.layers.N.embed_tokens',
  'model.layers.N.shared_head.head',
  'model.layers.N.shared_head.norm',
];

const LAYER = /^model\.layers\.(\d{1,6})\./;

/**
 * Counts the layer in `predicting_layers` if there is exactly one with its projection. Many models declare it in config.json
 * and leave it out; others have several, of which the engine uses none. It also needs compressed queries and experts there.
 */
export function withPredictingLayer(config: Config, names: readonly string[]): Config {
  const layers = config.integer('num_hidden_layers');
  const beyond = new Set(names.map(layerOf).filter((layer) => layer !== undefined && layer >= layers));
  const isUsed = config.has('q_lora_rank') && config.integer('first_k_dense_replace') <= layers;
  const isWhole = beyond.size === 1 && names.includes(`model.layers.${layers}.eh_proj.weight`);
  return config.with({ predicting_layers: isUsed && isWhole ? 1 : null });
}

/** Words for a tensor of a predicting layer that the engine would not use; undefined for others. */
export function unusedPredictingLayer(name: string, config: Config): string | undefined {
  const layer = layerOf(name);
  const kept = config.integer('num_hidden_layers') + (config.optionalInteger('predicting_layers') ?? 0);
  return layer !== undefined && layer >= kept ? 'layers that predict further tokens (MTP)' : undefined;
}

function layerOf(name: string): number | undefined {
  const digits = LAYER.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
