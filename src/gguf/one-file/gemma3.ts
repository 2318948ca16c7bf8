import { metadataNumber } from '../metadata.ts';
import type { GgufFile, GgufValue } from '../types.ts';
import type { OneFileFamily } from './family.ts';
import { f32, flag, halfNorm, shortened, tensorNamed, text } from './values.ts';

export const gemma3: OneFileFamily = {
  architectures: ['gemma3'],
  vision: 'gemma3',
  defaults: { ...halfNorm, 'clip.use_gelu': flag(true) },
  renames: [
    [/^v\.patch_embedding\b/, 'v.patch_embd'],
    [/^v\.position_embedding\b/, 'v.position_embd'],
    [/^v\.post_layernorm\b/, 'v.post_ln'],
    ['.layer_norm1', '.ln1'],
    ['.layer_norm2', '.ln2'],
    ['.attn_output', '.attn_out'],
    ['.mlp.fc1', '.ffn_up'],
    ['.mlp.fc2', '.ffn_down'],
    ['mm.mm_', 'mm.'],
  ],
  text: {
    derive: textKeys,
    isForeign: ({ metadata }) => !metadata.has(EPS_KEY),
  },
};

const EPS_KEY = 'gemma3.attention.layer_norm_rms_epsilon';
const ROPE_BASE = 1_000_000;
const LOCAL_ROPE_BASE = 10_000;
/** Models of this context were trained with a shorter one, whose positions are stretched. */
const LONG_CONTEXT = 131_072;
const STRETCH = 8;

/** Values that older converters left out, and the names of the others. */
function textKeys(file: GgufFile): Record<string, GgufValue | undefined> {
  const { metadata } = file;
  const stated = (key: string, other: string, usual: GgufValue) =>
    metadata.get(`gemma3.${key}`) ?? metadata.get(`gemma3.${other}`) ?? usual;
  const isLong = (metadataNumber(metadata, 'gemma3.context_length') ?? 0) >= LONG_CONTEXT;
  const isStretched = isLong && !metadata.has('gemma3.rope.scaling.type');
  // The vocabulary names tokens that only the encoder used, and that the table of the model lacks.
  const words = tensorNamed(file, 'token_embd.weight')?.shape[1] ?? Number.POSITIVE_INFINITY;
  const lists = ['tokens', 'scores', 'token_type'].map((name) => `tokenizer.ggml.${name}`);
  return {
    [EPS_KEY]: metadata.get(EPS_KEY) ?? f32(1e-6),
    'gemma3.rope.freq_base': stated('rope.freq_base', 'rope.global.freq_base', f32(ROPE_BASE)),
    'gemma3.rope.freq_base_swa': stated('rope.freq_base_swa', 'rope.local.freq_base', f32(LOCAL_ROPE_BASE)),
    ...(isStretched && {
      'gemma3.rope.scaling.type': text('linear'),
      'gemma3.rope.scaling.factor': f32(STRETCH),
    }),
    ...Object.fromEntries(lists.map((key) => [key, shortened(metadata.get(key), words)])),
  };
}
