import type { SeededTensor } from './seeded-weights.ts';

/** Values of a hidden state in the cases. */
const HIDDEN = 64;

const ownTensors: readonly (readonly [name: string, shape: readonly number[]])[] = [
  ['eh_proj.weight', [HIDDEN, 2 * HIDDEN]],
  ['enorm.weight', [HIDDEN]],
  ['hnorm.weight', [HIDDEN]],
  ['shared_head.norm.weight', [HIDDEN]],
];

/** The tensors of a DeepSeek case and of a layer that predicts: those of layer 1, which has experts, and its own. */
export function withPredictingLayer(tensors: readonly SeededTensor[], layer = 2): SeededTensor[] {
  const usual = tensors.filter(([name]) => name.startsWith('model.layers.1.'));
  return [
    ...tensors,
    ...usual.map(([name, ...rest]): SeededTensor => [name.replace('layers.1.', `layers.${layer}.`), ...rest]),
    ...ownTensors.map(([name, shape]): SeededTensor => [`model.layers.${layer}.${name}`, 'BF16', shape]),
  ];
}
