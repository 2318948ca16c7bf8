/** Qwen's families and GLM's, whose patches lie in squares, against libmtmd. */
import { testEncoders } from '../../oracle/encoder-cases.ts';
import { flag, type RandomProjector, u32 } from '../../oracle/random-projector.ts';

const WIDTH = 96;
const BLOCKS = 4;

const tower = {
  imageSize: 84,
  patchSize: 14,
  width: WIDTH,
  heads: 3,
  blocks: BLOCKS,
  feedForward: 160,
  rowWidth: 64,
} satisfies Partial<RandomProjector>;

const kernel = [14, 14, 3, WIDTH];
const merger = {
  'mm.0.weight': [WIDTH * 4, 112],
  'mm.0.bias': [112],
  'mm.2.weight': [112, 64],
  'mm.2.bias': [64],
};

/** Shapes or absences for each block. */
function inBlocks(tensors: Readonly<Record<string, readonly number[] | null>>) {
  const blocks = Array.from({ length: BLOCKS }, (_, block) =>
    Object.entries(tensors).map(([name, shape]) => [`v.blk.${block}.${name}`, shape] as const),
  );
  return Object.fromEntries(blocks.flat());
}

const withoutNormBias = { 'v.post_ln.bias': null, ...inBlocks({ 'ln1.bias': null, 'ln2.bias': null }) };
const gate = inBlocks({ 'ffn_gate.weight': [WIDTH, 160], 'ffn_gate.bias': [160] });
const joined = inBlocks({
  'attn_q.weight': null,
  'attn_q.bias': null,
  'attn_k.weight': null,
  'attn_k.bias': null,
  'attn_v.weight': null,
  'attn_v.bias': null,
  'attn_qkv.weight': [WIDTH, WIDTH * 3],
  'attn_qkv.bias': [WIDTH * 3],
});

const pictures = [
  { name: 'square', width: 84, height: 84, tokens: 9 },
  { name: 'wide, one window and a part', width: 140, height: 84, tokens: 15 },
  { name: 'tall, windows of four sizes', width: 252, height: 280, tokens: 90 },
];

const deep = (block: number) => ({
  [`v.deepstack.${block}.norm.weight`]: [WIDTH * 4],
  [`v.deepstack.${block}.norm.bias`]: [WIDTH * 4],
  [`v.deepstack.${block}.fc1.weight`]: [WIDTH * 4, 112],
  [`v.deepstack.${block}.fc1.bias`]: [112],
  [`v.deepstack.${block}.fc2.weight`]: [112, 64],
  [`v.deepstack.${block}.fc2.bias`]: [64],
});

testEncoders('Encoders of squares', [
  {
    name: 'qwen2vl',
    projector: {
      ...tower,
      type: 'qwen2vl_merger',
      tensors: {
        ...merger,
        'v.patch_embd.bias': null,
        'v.position_embd.weight': null,
        'v.patch_embd.weight.1': kernel,
      },
    },
    pictures,
  },
  {
    name: 'qwen2.5vl',
    projector: {
      ...tower,
      type: 'qwen2.5vl_merger',
      // Windows are computed apart from each other, so that sums are rounded in another order: that must not be enlarged by
      // the rounding of values to 16 bits before each matrix.
      matrixType: 0,
      keys: { 'vision.n_wa_pattern': u32(2), use_gelu: flag(false), use_silu: flag(true) },
      tensors: {
        ...merger,
        ...withoutNormBias,
        ...gate,
        'v.patch_embd.bias': null,
        'v.position_embd.weight': null,
        'v.patch_embd.weight.1': kernel,
      },
    },
    pictures,
    flashTolerance: 1e-2,
  },
  {
    name: 'qwen3vl',
    projector: {
      ...tower,
      type: 'qwen3vl_merger',
      keys: { 'vision.spatial_merge_size': u32(2) },
      tensors: { ...merger, ...joined, ...deep(1), ...deep(2), 'v.patch_embd.weight.1': kernel },
    },
    pictures,
  },
  ...(['with', 'without'] as const).map((positions) => ({
    name: `glm4v ${positions} a table of positions`,
    projector: {
      ...tower,
      type: 'glm4v' as const,
      keys: { 'vision.spatial_merge_size': u32(2), use_gelu: flag(false), use_silu: flag(true) },
      tensors: {
        ...withoutNormBias,
        ...gate,
        ...joined,
        ...(positions === 'without' ? { 'v.position_embd.weight': null } : {}),
        'v.norm_embd.weight': [WIDTH],
        'v.patch_embd.weight.1': kernel,
        'mm.patch_merger.weight': [2, 2, WIDTH, 128],
        'mm.patch_merger.bias': [128],
        'mm.model.fc.weight': [128, 128],
        'mm.post_norm.weight': [128],
        'mm.post_norm.bias': [128],
        'mm.up.weight': [128, 144],
        'mm.gate.weight': [128, 144],
        'mm.down.weight': [144, 64],
      },
    },
    pictures,
  })),
]);
