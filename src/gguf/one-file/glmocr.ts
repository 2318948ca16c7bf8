import { metadataNumbers } from '../metadata.ts';
import { type ProjectorTensor, rangeOf, tensorAs } from '../projector/projector-view.ts';
import type { GgufFile, GgufTensor } from '../types.ts';
import type { OneFileFamily } from './family.ts';
import { clipNorm, flag, fourSections, tensorNamed, text } from './values.ts';

const ARCHITECTURE = 'glmocr';

export const glmocr: OneFileFamily = {
  architectures: [ARCHITECTURE],
  vision: 'glm4v',
  defaults: { ...clipNorm, 'clip.use_silu': flag(true) },
  derive: ({ metadata }) => ({
    'clip.vision.feed_forward_length': metadata.get(`${ARCHITECTURE}.vision.intermediate_size`),
    'clip.vision.projection_dim': metadata.get(`${ARCHITECTURE}.vision.out_hidden_size`),
    'clip.vision.attention.layer_norm_epsilon': metadata.get(
      `${ARCHITECTURE}.vision.attention.layer_norm_rms_epsilon`,
    ),
  }),
  renames: [
    [/^v\.patch_embd_0\.weight$/, 'v.patch_embd.weight'],
    [/^v\.patch_embd_1\.weight$/, 'v.patch_embd.weight.1'],
  ],
  text: {
    architecture: 'glm4',
    derive: ({ metadata }, prefix) => ({
      [`${prefix}.rope.dimension_sections`]: fourSections(
        metadataNumbers(metadata, `${ARCHITECTURE}.rope.mrope_section`),
      ),
      [`${prefix}.rope.dimension_count`]:
        metadata.get(`${ARCHITECTURE}.rope.dimension_count`) ??
        metadata.get(`${ARCHITECTURE}.attention.key_length`),
      'tokenizer.ggml.pre': text('chatglm-bpe'),
    }),
    renames: [
      ['.attn_out.', '.attn_output.'],
      ['.post_attn_norm.', '.post_attention_norm.'],
      ['.post_ffn_norm.', '.post_ffw_norm.'],
    ],
    rebuild: joinedFeedForward,
  },
};

/** llama.cpp reads the gate and the matrix behind it as one. */
function joinedFeedForward(tensor: GgufTensor, file: GgufFile): ProjectorTensor[] | undefined {
  const [, block, part] = /^(blk\.\d+)\.ffn_(gate|up)\.weight$/.exec(tensor.name) ?? [];
  const gate = tensorNamed(file, `${block}.ffn_gate.weight`);
  const up = tensorNamed(file, `${block}.ffn_up.weight`);
  if (!gate || !up || gate.type !== up.type || gate.shape.join() !== up.shape.join()) return undefined;
  if (part === 'gate') return [];
  const [inputs = 0, outputs = 0] = up.shape;
  return [
    {
      ...tensorAs(up.name, up, file),
      shape: [inputs, outputs * 2],
      byteSize: up.byteSize * 2,
      ranges: [rangeOf(gate, file), rangeOf(up, file)],
    },
  ];
}
