import { metadataText } from '../metadata.ts';
import { type ProjectorTensor, rangeOf, tensorAs } from '../projector/projector-view.ts';
import type { GgufFile, GgufTensor } from '../types.ts';
import type { OneFileFamily } from './family.ts';
import { pixelNorm, tensorNamed, text, u32 } from './values.ts';

/** The picture is normalized by tensors of the model, not before it. */
const plainPixels = pixelNorm([0, 0, 0], [1, 1, 1]);

export const gemma4: OneFileFamily = {
  architectures: ['gemma4'],
  vision: 'gemma4v',
  audio: 'gemma4a',
  defaults: { ...plainPixels, 'clip.vision.image_size': u32(224), 'clip.audio.num_mel_bins': u32(128) },
  renames: [
    // The output of the subsampling is the encoder's input, and the other way round.
    [/^a\.pre_encode\.out\b/, 'a.input_projection'],
    [/^mm\.a\.fc\b/, 'a.pre_encode.out'],
    [/^(a\.blk\.\d+)\.ln1\b/, '$1.attn_pre_norm'],
    [/^(a\.blk\.\d+)\.ln2\b/, '$1.attn_post_norm'],
    [/^(a\.blk\.\d+)\.layer_pre_norm\b/, '$1.ln2'],
    [/^(a\.blk\.\d+)\.linear_pos\b/, '$1.attn_k_rel'],
  ],
  rebuild: (tensor, file) => (tensor.name === 'v.clamp_data' ? clampScalars(tensor, file) : undefined),
  text: {
    // The vocabulary is of byte pairs, whatever the converter called it.
    derive: ({ metadata }) => ({
      'tokenizer.ggml.model':
        metadataText(metadata, 'tokenizer.ggml.model') === 'llama' ? text('gemma4') : undefined,
    }),
    renames: [[/^(blk\.\d+)\.ffn_gate_inp\.per_expert_scale$/, '$1.ffn_down_exps.scale']],
    rebuild: joinedExperts,
    isForeign: ({ metadata }) => metadataText(metadata, 'tokenizer.ggml.model') === 'llama',
    drops: ['model.vision_tower.'],
  },
};

/** The gates and the values of each expert behind each other, for all experts. */
function joinedExperts(tensor: GgufTensor, file: GgufFile): ProjectorTensor[] | undefined {
  const [, block, part] = /^(blk\.\d+)\.ffn_(gate|up)_exps\.weight$/.exec(tensor.name) ?? [];
  if (block === undefined) return undefined;
  const gate = tensorNamed(file, `${block}.ffn_gate_exps.weight`);
  const up = tensorNamed(file, `${block}.ffn_up_exps.weight`);
  const [inputs = 0, outputs = 0, experts = 0] = tensor.shape;
  const isPair = gate && up && gate.type === up.type && gate.shape.join() === up.shape.join();
  const hasScales = ['gate', 'up'].some(
    (name) =>
      tensorNamed(file, `${block}.ffn_${name}_exps.scale`) ??
      tensorNamed(file, `${block}.ffn_${name}_exps.input_scale`),
  );
  if (!isPair || hasScales || experts < 1) return undefined;
  if (part === 'up') return [];
  const bytes = gate.byteSize / experts;
  const starts = [gate, up].map((half) => rangeOf(half, file).start);
  return [
    {
      ...tensorAs(`${block}.ffn_gate_up_exps.weight`, gate, file),
      shape: [inputs, outputs * 2, experts],
      byteSize: gate.byteSize * 2,
      ranges: Array.from({ length: experts }, (_, expert) =>
        starts.map((start) => ({ start: start + expert * bytes, bytes })),
      ).flat(),
    },
  ];
}

/** The order in which the converter packs the bounds of a block's matrices. */
const clampedMatrices = ['attn_q', 'attn_k', 'attn_v', 'attn_out', 'ffn_gate', 'ffn_up', 'ffn_down'];
const bounds = ['input_min', 'input_max', 'output_min', 'output_max'];
const F32_BYTES = 4;

/**
 * Bounds of the values that go into and come out of each matrix, packed into one tensor; mmproj files have a scalar for
 * each. The last four belong to the projector, which has no bounds: the converter leaves zeros there.
 */
function clampScalars(tensor: GgufTensor, file: GgufFile): ProjectorTensor[] {
  const { start } = rangeOf(tensor, file);
  const perBlock = clampedMatrices.length * bounds.length;
  const blocks = Math.floor((tensor.shape[0] ?? 0) / perBlock);
  return Array.from({ length: blocks * perBlock }, (_, index) => {
    const block = Math.floor(index / perBlock);
    const matrix = clampedMatrices[Math.floor(index / bounds.length) % clampedMatrices.length] ?? '';
    return {
      name: `v.blk.${block}.${matrix}.${bounds[index % bounds.length] ?? ''}`,
      shape: [1],
      type: tensor.type,
      typeName: tensor.typeName,
      byteSize: F32_BYTES,
      ranges: [{ start: start + index * F32_BYTES, bytes: F32_BYTES }],
    };
  });
}
