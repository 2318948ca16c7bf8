/** The families whose positions come from tables by line and column, against libmtmd. */
import type { GgufValue } from '../../../src/gguf/types.ts';
import { testEncoders } from '../../oracle/encoder-cases.ts';
import { type RandomProjector, u32 } from '../../oracle/random-projector.ts';

const WIDTH = 96;
const BLOCKS = 3;

const tower = {
  imageSize: 84,
  patchSize: 14,
  width: WIDTH,
  heads: 3,
  blocks: BLOCKS,
  feedForward: 160,
  rowWidth: 64,
} satisfies Partial<RandomProjector>;

function inBlocks(tensors: Readonly<Record<string, readonly number[] | null>>) {
  const blocks = Array.from({ length: BLOCKS }, (_, block) =>
    Object.entries(tensors).map(([name, shape]) => [`v.blk.${block}.${name}`, shape] as const),
  );
  return Object.fromEntries(blocks.flat());
}

const withoutBias = Object.fromEntries(
  ['attn_q', 'attn_k', 'attn_v', 'attn_out', 'ln1', 'ln2', 'ffn_up', 'ffn_down'].map((name) => [
    `${name}.bias`,
    null,
  ]),
);
const i32 = (value: number): GgufValue => ({ type: 'i32', value });

/** MiniCPM-V's resampler has heads of 128 values. */
const ROW_WIDTH = 256;
const square = [ROW_WIDTH, ROW_WIDTH];
const QUERIES = 12;
const vectors = ['attn.q', 'attn.k', 'attn.v', 'attn.out', 'ln_q', 'ln_kv', 'ln_post'];

testEncoders('Encoders with positions by line and column', [
  {
    name: 'gemma4v',
    projector: {
      ...tower,
      type: 'gemma4v',
      keys: { 'vision.projector.scale_factor': u32(3) },
      tensors: {
        'v.patch_embd.bias': null,
        'v.position_embd.weight': [WIDTH, 40, 2],
        'v.post_ln.weight': null,
        'v.post_ln.bias': null,
        ...inBlocks({
          ...withoutBias,
          'ffn_gate.weight': [WIDTH, 160],
          'attn_q_norm.weight': [WIDTH / 3],
          'attn_k_norm.weight': [WIDTH / 3],
          'attn_post_norm.weight': [WIDTH],
          'ffn_post_norm.weight': [WIDTH],
        }),
        // Narrow enough to cut values, and one bound alone.
        'v.blk.0.attn_q.input_min': [1],
        'v.blk.1.ffn_up.output_max': [1],
        'v.std_bias': [WIDTH],
        'v.std_scale': [WIDTH],
        'mm.input_projection.weight': [WIDTH, 64],
      },
    },
    pictures: [
      { name: 'square', width: 84, height: 84, tokens: 4 },
      { name: 'tall', width: 126, height: 336, tokens: 24 },
      { name: 'wide', width: 420, height: 84, tokens: 20 },
    ],
  },
  {
    name: 'minicpmv',
    projector: {
      ...tower,
      rowWidth: ROW_WIDTH,
      type: 'resampler',
      keys: { minicpmv_version: i32(3), minicpmv_query_num: u32(QUERIES) },
      tensors: {
        'v.position_embd.weight': [WIDTH, 4900],
        'resampler.pos_embed_k': [ROW_WIDTH],
        'resampler.query': [ROW_WIDTH, QUERIES],
        'resampler.proj.weight': square,
        'resampler.kv.weight': [WIDTH, ROW_WIDTH],
        ...Object.fromEntries(
          vectors.flatMap((name) => [
            [`resampler.${name}.weight`, name.startsWith('ln') ? [ROW_WIDTH] : square],
            [`resampler.${name}.bias`, [ROW_WIDTH]],
          ]),
        ),
      },
    },
    pictures: [
      { name: 'square', width: 84, height: 84, tokens: QUERIES },
      { name: 'tall', width: 56, height: 140, tokens: QUERIES },
      { name: 'wide', width: 210, height: 70, tokens: QUERIES },
    ],
  },
]);
