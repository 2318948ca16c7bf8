import { metadataNumber } from '../metadata.ts';
import type { OneFileFamily } from './family.ts';
import { flag, halfNorm, u32 } from './values.ts';

const ARCHITECTURE = 'llama4';
const USUAL_RATIO = 0.5;

export const llama4: OneFileFamily = {
  architectures: [ARCHITECTURE],
  vision: 'llama4',
  defaults: { ...halfNorm, 'clip.use_gelu': flag(true) },
  derive: ({ metadata }) => {
    const ratio = metadataNumber(metadata, `${ARCHITECTURE}.vision.pixel_shuffle_ratio`) ?? USUAL_RATIO;
    return {
      'clip.vision.projector.scale_factor': u32(Math.round(1 / (ratio > 0 ? ratio : USUAL_RATIO))),
      'clip.vision.attention.layer_norm_epsilon': metadata.get(`${ARCHITECTURE}.vision.layer_norm_epsilon`),
    };
  },
  renames: [
    [/^v\.vision_adapter\.mlp\.fc(\d)/, 'mm.model.mlp.$1'],
    [/^mm\.linear_1\b/, 'mm.model.fc'],
    [/^v\.positional_embedding_vlm$/, 'v.position_embd.weight'],
    [/^v\.class_embedding$/, 'v.class_embd'],
    [/^v\.layernorm_post\b/, 'v.post_ln'],
    [/^v\.layernorm_pre\b/, 'v.pre_ln'],
    [/^v\.patch_embedding\b/, 'v.patch_embd'],
    ['.attn_output', '.attn_out'],
    ['.attn_norm', '.ln1'],
    ['.ffn_norm', '.ln2'],
    ['.mlp.fc1', '.ffn_up'],
    ['.mlp.fc2', '.ffn_down'],
  ],
  text: {},
};
