import type { OneFileFamily } from './family.ts';
import { flag, halfNorm, lengthOf, tensorNamed, text } from './values.ts';

export const lfm2: OneFileFamily = {
  architectures: ['lfm2', 'lfm2moe'],
  vision: 'lfm2',
  defaults: { ...halfNorm, 'clip.use_gelu': flag(true) },
  renames: [[/^mm\.layer_norm\b/, 'mm.input_norm']],
  text: {
    derive: (file, prefix) => ({
      'tokenizer.ggml.pre': text('lfm2'),
      [`${prefix}.feed_forward_length`]: lengthOf(file, 'blk.0.ffn_gate.weight', 1),
    }),
    renames: [[/^output_norm\.weight$/, 'token_embd_norm.weight']],
    isForeign: (file) =>
      tensorNamed(file, 'output_norm.weight') !== undefined &&
      tensorNamed(file, 'token_embd_norm.weight') === undefined,
  },
};
