import type { GgufFile, GgufValue } from '../types.ts';
import type { OneFileFamily } from './family.ts';
import { usualPrefixes } from './family.ts';
import { f32, flag, halfNorm, tensorNamed, u32 } from './values.ts';

const ARCHITECTURE = 'deepseekocr';
/** Tokens per side of a window of the SAM part; its files do not state it. */
const WINDOW_SIZE = 14;

export const deepseekocr: OneFileFamily = {
  architectures: [ARCHITECTURE],
  vision: 'deepseekocr',
  defaults: {
    ...halfNorm,
    'clip.use_gelu': flag(true),
    'clip.vision.window_size': u32(WINDOW_SIZE),
    'clip.vision.attention.layer_norm_epsilon': f32(1e-6),
  },
  derive: ({ metadata }) => ({
    'clip.vision.attention.head_count': metadata.get(`${ARCHITECTURE}.vision.head_count`),
    ...Object.fromEntries(
      ['block_count', 'embedding_length', 'head_count'].map((key) => [
        `clip.vision.sam.${key}`,
        metadata.get(`${ARCHITECTURE}.sam.${key}`),
      ]),
    ),
  }),
  prefixes: [...usualPrefixes, 's.'],
  renames: [
    [/^s\.position_embd$/, 'v.sam.pos_embd.weight'],
    [/^s\./, 'v.sam.'],
    ['.self_attn.out_proj', '.attn_out'],
    ['.self_attn.qkv_proj', '.attn_qkv'],
    ['.layer_norm1', '.ln1'],
    ['.layer_norm2', '.ln2'],
    ['.mlp.fc1', '.ffn_up'],
    ['.mlp.fc2', '.ffn_down'],
    // The converter's own spelling.
    ['v.pre_layrnorm', 'v.pre_ln'],
    ['.attn.proj', '.attn.out'],
    [/\.attn\.rel_pos_([hw])$/, '.attn.pos_$1.weight'],
    ['.norm1', '.pre_ln'],
    ['.norm2', '.post_ln'],
    [/^mm\.layers\b/, 'mm.model.fc'],
    [/^mm\.(image_newline|view_seperator)$/, 'v.$1'],
  ],
  text: { architecture: 'deepseek2-ocr', derive: textKeys },
};

/** Sizes of the experts, which the file states nowhere: the second block is the first that has any. */
function textKeys(file: GgufFile, prefix: string): Record<string, GgufValue | undefined> {
  const { metadata } = file;
  const inner = (name: string) => tensorNamed(file, `blk.1.${name}.weight`)?.shape[0];
  const expert = inner('ffn_down_exps');
  const shared = inner('ffn_down_shexp');
  const get = (key: string) => metadata.get(`${ARCHITECTURE}.${key}`);
  const count = expert && shared ? u32(Math.floor(shared / expert)) : undefined;
  return {
    [`${prefix}.attention.layer_norm_rms_epsilon`]: get('attention.layer_norm_rms_epsilon') ?? f32(1e-6),
    [`${prefix}.expert_feed_forward_length`]:
      get('expert_feed_forward_length') ?? (expert === undefined ? undefined : u32(expert)),
    [`${prefix}.expert_shared_count`]: get('expert_shared_count') ?? count,
  };
}
