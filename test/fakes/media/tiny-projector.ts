/** Projectors with few numbers, enough to load one and to prepare pictures for it; their encoders compute nothing of use. */
import type { ProjectorType } from '../../../src/gguf/projector/projector-types.ts';
import type { GgufValue } from '../../../src/gguf/types.ts';
import { type GgufContent, listOf, type TensorContent } from '../../../src/gguf/writer.ts';

const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const f32 = (value: number): GgufValue => ({ type: 'f32', value });
const text = (value: string): GgufValue => ({ type: 'string', value });
const flag = (value: boolean): GgufValue => ({ type: 'bool', value });

/** Rows and columns of all tensors but the positions. */
const SIDE = 4;
const IMAGE_SIZE = 448;
const PATCH_SIZE = 14;
/** One for each patch, and one for a class token. */
const POSITIONS = (IMAGE_SIZE / PATCH_SIZE) ** 2 + 1;

interface TinyFamily {
  readonly keys?: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly string[];
}

const pair = (...names: string[]) => names.flatMap((name) => [`${name}.weight`, `${name}.bias`]);
const merge = (value: number) => ({ 'clip.vision.projector.scale_factor': u32(value) });
const spatial = (value: number) => ({ 'clip.vision.spatial_merge_size': u32(value) });
const pixels = (min: number, max: number) => ({
  'clip.vision.image_min_pixels': u32(min),
  'clip.vision.image_max_pixels': u32(max),
});

const samBlock = ['attn.qkv', 'attn.out', 'pre_ln', 'post_ln', 'mlp.lin1', 'mlp.lin2'].map(
  (name) => `v.sam.blk.0.${name}`,
);
const sam: TinyFamily = {
  keys: {
    'clip.vision.sam.block_count': u32(1),
    'clip.vision.sam.head_count': u32(2),
    'clip.vision.sam.embedding_length': u32(SIDE),
    'clip.vision.window_size': u32(14),
    'clip.vision.attention.head_count_kv': u32(2),
  },
  tensors: [
    'v.sam.pos_embd.weight',
    ...pair('v.sam.patch_embd', ...samBlock, 'v.sam.neck.1', 'v.sam.neck.3', 'mm.model.fc'),
    'v.sam.blk.0.attn.pos_h.weight',
    'v.sam.blk.0.attn.pos_w.weight',
    'v.sam.neck.0.weight',
    'v.sam.neck.2.weight',
    'v.sam.net_2.weight',
    'v.sam.net_3.weight',
    'v.image_newline',
    'v.view_seperator',
  ],
};
const resampler = [
  'resampler.pos_embed_k',
  'resampler.query',
  'resampler.proj.weight',
  'resampler.kv.weight',
  ...pair('resampler.attn.q', 'resampler.attn.k', 'resampler.attn.v', 'resampler.attn.out'),
  ...pair('resampler.ln_q', 'resampler.ln_kv', 'resampler.ln_post'),
];
const glm = [
  'mm.model.fc.weight',
  'mm.up.weight',
  'mm.gate.weight',
  'mm.down.weight',
  'mm.post_norm.weight',
  ...pair('mm.patch_merger'),
];

/** The two blocks of MobileVLM's first projector. */
const mobileBlocks = [1, 2].flatMap((block) => {
  const name = (part: string) => `mm.model.mb_block.${block}.block.${part}`;
  return [
    name('0.0.weight'),
    name('2.0.weight'),
    ...pair(name('0.1'), name('1.fc1'), name('1.fc2'), name('2.1')),
  ];
});

/** What each family's loader in tools/mtmd/clip.cpp asks for. */
const families: Partial<Record<ProjectorType, TinyFamily>> = {
  mlp: { tensors: pair('mm.0', 'mm.2') },
  ldp: { tensors: [...pair('mm.model.mlp.1', 'mm.model.mlp.3'), ...mobileBlocks] },
  ldpv2: { tensors: pair('mm.model.mlp.0', 'mm.model.mlp.2', 'mm.model.peg.0') },
  janus_pro: { tensors: pair('mm.0', 'mm.1') },
  cogvlm: {
    tensors: [
      ...pair('mm.post_fc_norm'),
      ...['mm.model.fc', 'mm.up', 'mm.gate', 'mm.down'].map((name) => `${name}.weight`),
      'v.boi',
      'v.eoi',
    ],
  },
  nemotron_v2_vl: {
    keys: merge(2),
    tensors: ['mm.model.mlp.0.weight', 'mm.model.mlp.1.weight', 'mm.model.mlp.3.weight'],
  },
  adapter: {
    tensors: [
      ...pair('adapter.conv', 'adapter.linear.norm1'),
      'adapter.linear.linear.weight',
      'adapter.linear.dense_h_to_4h.weight',
      'adapter.linear.gate.weight',
      'adapter.linear.dense_4h_to_h.weight',
      'adapter.boi',
      'adapter.eoi',
    ],
  },
  resampler: { keys: { 'clip.minicpmv_version': { type: 'i32', value: 3 } }, tensors: resampler },
  minicpmv4_6: { keys: merge(2), tensors: ['mm.input_norm.weight', 'mm.up.weight', 'mm.down.weight'] },
  gemma3: { tensors: ['mm.input_projection.weight', 'mm.soft_emb_norm.weight'] },
  gemma4v: { tensors: ['mm.input_projection.weight'] },
  llama4: {
    keys: merge(2),
    tensors: ['mm.model.fc.weight', 'mm.model.mlp.1.weight', 'mm.model.mlp.2.weight'],
  },
  internvl: { keys: merge(2), tensors: pair('mm.model.mlp.0', 'mm.model.mlp.1', 'mm.model.mlp.3') },
  idefics3: {
    keys: { ...merge(4), 'clip.vision.preproc_image_size': u32(2048) },
    tensors: ['mm.model.fc.weight'],
  },
  lfm2: { keys: merge(2), tensors: pair('mm.1', 'mm.2') },
  phi4: { keys: pixels(65_536, 1_048_576), tensors: pair('mm.0', 'mm.2') },
  pixtral: { keys: spatial(2), tensors: [...pair('mm.1', 'mm.2'), 'v.token_embd.img_break'] },
  lightonocr: { keys: spatial(2), tensors: pair('mm.1', 'mm.2') },
  qwen2vl_merger: { tensors: pair('mm.0', 'mm.2') },
  'qwen2.5vl_merger': { keys: { 'clip.vision.n_wa_pattern': u32(8) }, tensors: pair('mm.0', 'mm.2') },
  qwen3vl_merger: { keys: spatial(2), tensors: pair('mm.0', 'mm.2') },
  glm4v: { keys: spatial(2), tensors: glm },
  kimivl: { keys: merge(2), tensors: pair('mm.input_norm', 'mm.1', 'mm.2') },
  paddleocr: { keys: pixels(147_384, 2_822_400), tensors: pair('mm.input_norm', 'mm.1', 'mm.2') },
  dots_ocr: {
    keys: { ...merge(2), ...pixels(3136, 2_000_000) },
    tensors: [...pair('mm.0', 'mm.2', 'mm.input_norm'), 'mm.post_norm.weight'],
  },
  deepseekocr: sam,
  deepseekocr2: sam,
};

export const tinyTypes = Object.keys(families) as ProjectorType[];

/**
 * A projector whose pixels reach the encoder as they are: mean 0, deviation 1.
 * @param keys values that replace the usual ones
 */
export function tinyProjector(
  type: ProjectorType,
  keys: Readonly<Record<string, GgufValue>> = {},
): GgufContent {
  const family = families[type];
  if (!family) throw new Error(`no tiny projector of the type ${type}`);
  const block = ['attn_q', 'attn_k', 'attn_v', 'attn_out', 'ffn_up', 'ffn_down', 'ln1', 'ln2'].map(
    (name) => `v.blk.0.${name}`,
  );
  const names = ['v.patch_embd.weight', 'v.position_embd.weight', ...pair(...block), ...family.tensors];
  return {
    metadata: {
      'general.architecture': text('clip'),
      'clip.has_vision_encoder': flag(true),
      'clip.projector_type': text(type),
      'clip.use_gelu': flag(true),
      'clip.vision.image_size': u32(IMAGE_SIZE),
      'clip.vision.patch_size': u32(PATCH_SIZE),
      'clip.vision.embedding_length': u32(SIDE),
      'clip.vision.feed_forward_length': u32(SIDE),
      'clip.vision.block_count': u32(1),
      'clip.vision.projection_dim': u32(SIDE),
      'clip.vision.attention.head_count': u32(2),
      'clip.vision.attention.layer_norm_epsilon': f32(1e-6),
      'clip.vision.image_mean': listOf('f32', [0, 0, 0]),
      'clip.vision.image_std': listOf('f32', [1, 1, 1]),
      ...family.keys,
      ...keys,
    },
    tensors: names.map(tinyTensor),
  };
}

function tinyTensor(name: string): TensorContent {
  const isTable = name === 'v.position_embd.weight';
  const shape = isTable ? [SIDE, POSITIONS] : name.endsWith('.weight') ? [SIDE, SIDE] : [SIDE];
  const count = shape.reduce((product, length) => product * length, 1);
  return { name, shape, type: 0, data: new Uint8Array(count * Float32Array.BYTES_PER_ELEMENT) };
}
