/** Models that see or hear, with random weights: a small text model and an encoder whose rows fit it. */
import type { GgufValue } from '../../src/gguf/types.ts';
import { listOf } from '../../src/gguf/writer.ts';
import type { SizedArchitecture } from '../fakes/models/sized-architectures.ts';
import type { RandomAudioProjector } from './random-audio-projector.ts';
import { flag, type RandomProjector, u32, without } from './random-projector.ts';

export interface AnswerCase {
  readonly name: string;
  readonly architecture: SizedArchitecture;
  readonly projector: RandomProjector | RandomAudioProjector;
}

/** Values per row of the text models. */
export const ROW_WIDTH = 128;
const WIDTH = 96;
const HIDDEN = 112;
const BLOCKS = 2;
const FEED_FORWARD = 160;
/** A square of 6 x 6 patches. */
const tower = {
  ...{ imageSize: 84, patchSize: 14, width: WIDTH, heads: 3, blocks: BLOCKS, feedForward: FEED_FORWARD },
  rowWidth: ROW_WIDTH,
} satisfies Partial<RandomProjector>;
const PATCHES = 36;

type Shapes = Readonly<Record<string, readonly number[] | null>>;

const inBlocks = (shapes: Shapes): Shapes =>
  Object.fromEntries(
    Array.from({ length: BLOCKS }, (_, block) =>
      Object.entries(shapes).map(([name, shape]) => [`v.blk.${block}.${name}`, shape] as const),
    ).flat(),
  );
const matrix = (name: string, inputs: number, outputs: number): Shapes => ({
  [`${name}.weight`]: [inputs, outputs],
  [`${name}.bias`]: [outputs],
});
const norm = (name: string, width: number): Shapes => ({
  [`${name}.weight`]: [width],
  [`${name}.bias`]: [width],
});

const gate = inBlocks({ 'ffn_gate.weight': [WIDTH, FEED_FORWARD] });
const silu = { use_gelu: flag(false), use_silu: flag(true) };
/** Two frames of a film share a patch. */
const secondKernel: Shapes = { 'v.patch_embd.weight.1': [14, 14, 3, WIDTH] };
const merger = { ...matrix('mm.0', WIDTH * 4, HIDDEN), ...matrix('mm.2', HIDDEN, ROW_WIDTH) };
const joined = inBlocks({
  ...without('attn_q.weight', 'attn_q.bias', 'attn_k.weight', 'attn_k.bias', 'attn_v.weight', 'attn_v.bias'),
  ...matrix('attn_qkv', WIDTH, 3 * WIDTH),
});
const deep = (block: number): Shapes => ({
  ...norm(`v.deepstack.${block}.norm`, WIDTH * 4),
  ...matrix(`v.deepstack.${block}.fc1`, WIDTH * 4, HIDDEN),
  ...matrix(`v.deepstack.${block}.fc2`, HIDDEN, ROW_WIDTH),
});
const sizes = (values: readonly number[]): GgufValue => listOf('i32', values);

export const pictureCases: readonly AnswerCase[] = [
  {
    name: 'gemma3: rows that attend to each other in both directions',
    architecture: 'gemma3',
    projector: {
      ...tower,
      type: 'gemma3',
      keys: { 'vision.projector.scale_factor': u32(2) },
      tensors: { 'mm.input_projection.weight': [ROW_WIDTH, WIDTH], 'mm.soft_emb_norm.weight': [WIDTH] },
    },
  },
  {
    name: 'qwen2.5vl: a grid of positions, attention within windows',
    architecture: 'qwen2vl',
    projector: {
      ...tower,
      type: 'qwen2.5vl_merger',
      matrixType: 0,
      keys: { 'vision.n_wa_pattern': u32(2), ...silu },
      tensors: {
        ...merger,
        ...gate,
        ...inBlocks({ 'ffn_gate.bias': [FEED_FORWARD], 'ln1.bias': null, 'ln2.bias': null }),
        ...without('v.post_ln.bias', 'v.patch_embd.bias', 'v.position_embd.weight'),
        ...secondKernel,
      },
    },
  },
  {
    name: 'qwen3vl: a grid of positions, and values for further layers',
    architecture: 'qwen3vl',
    projector: {
      ...tower,
      type: 'qwen3vl_merger',
      keys: { 'vision.spatial_merge_size': u32(2) },
      tensors: { ...merger, ...joined, ...deep(0), ...deep(1), ...secondKernel },
    },
  },
  {
    name: 'idefics3: tiles',
    architecture: 'llama',
    projector: {
      ...tower,
      type: 'idefics3',
      keys: { 'vision.projector.scale_factor': u32(3), 'vision.preproc_image_size': u32(252) },
      tensors: { 'mm.model.fc.weight': [WIDTH * 9, ROW_WIDTH] },
    },
  },
  {
    name: 'internvl: tiles',
    architecture: 'qwen2',
    projector: {
      ...tower,
      type: 'internvl',
      keys: { 'vision.projector.scale_factor': u32(2) },
      tensors: {
        ...without('v.post_ln.weight', 'v.post_ln.bias'),
        'v.class_embd': [WIDTH],
        'v.position_embd.weight': [WIDTH, PATCHES + 1],
        ...inBlocks({ 'ls1.weight': [WIDTH], 'ls2.weight': [WIDTH] }),
        ...norm('mm.model.mlp.0', WIDTH * 4),
        ...matrix('mm.model.mlp.1', WIDTH * 4, HIDDEN),
        ...matrix('mm.model.mlp.3', HIDDEN, ROW_WIDTH),
      },
    },
  },
  {
    name: 'llava: tiles of sizes that the file lists',
    architecture: 'llama',
    projector: {
      ...tower,
      type: 'mlp',
      keys: { 'vision.image_grid_pinpoints': sizes([84, 168, 168, 84, 168, 168]) },
      tensors: {
        ...without('v.post_ln.weight', 'v.post_ln.bias'),
        'v.class_embd': [WIDTH],
        'v.position_embd.weight': [WIDTH, PATCHES + 1],
        ...norm('v.pre_ln', WIDTH),
        ...matrix('mm.0', WIDTH, HIDDEN),
        ...matrix('mm.2', HIDDEN, ROW_WIDTH),
      },
    },
  },
  {
    name: 'pixtral: lines of rows of any ratio',
    architecture: 'llama',
    projector: {
      ...tower,
      type: 'pixtral',
      keys: { ...silu, 'vision.spatial_merge_size': u32(2) },
      tensors: {
        ...without('v.position_embd.weight', 'v.post_ln.weight', 'v.post_ln.bias', 'v.patch_embd.bias'),
        'v.pre_ln.weight': [WIDTH],
        ...gate,
        'mm.input_norm.weight': [WIDTH],
        'mm.patch_merger.weight': [WIDTH * 4, WIDTH],
        ...matrix('mm.1', WIDTH, HIDDEN),
        ...matrix('mm.2', HIDDEN, ROW_WIDTH),
        'v.token_embd.img_break': [ROW_WIDTH],
      },
    },
  },
];

/** Of a full piece of 1500 rows, libmtmd makes as many stacked rows as with the widths of real models. */
const SOUND_WIDTH = 80;
const sound = { width: SOUND_WIDTH, heads: 5, blocks: 2, feedForward: 160, rowWidth: ROW_WIDTH };
const whisper = (bins: number) => ({
  'a.conv1d.1.weight': [3, bins, SOUND_WIDTH],
  'a.conv1d.1.bias': [1, SOUND_WIDTH],
  'a.conv1d.2.weight': [3, SOUND_WIDTH, SOUND_WIDTH],
  'a.conv1d.2.bias': [1, SOUND_WIDTH],
  'a.position_embd.weight': [SOUND_WIDTH, 1500],
});

export const soundCases: readonly AnswerCase[] = [
  {
    name: 'ultravox',
    architecture: 'llama',
    projector: {
      ...sound,
      type: 'ultravox',
      melBins: 80,
      stackFactor: 8,
      tensors: {
        ...whisper(80),
        'mm.a.norm_pre.weight': [SOUND_WIDTH * 8],
        'mm.a.mlp.1.weight': [SOUND_WIDTH * 8, 2 * ROW_WIDTH],
        'mm.a.norm_mid.weight': [ROW_WIDTH],
        'mm.a.mlp.2.weight': [ROW_WIDTH, ROW_WIDTH],
      },
    },
  },
  {
    name: 'qwen2a',
    architecture: 'qwen2',
    projector: {
      ...sound,
      type: 'qwen2a',
      melBins: 128,
      tensors: {
        ...whisper(128),
        'mm.a.fc.weight': [SOUND_WIDTH, ROW_WIDTH],
        'mm.a.fc.bias': [ROW_WIDTH],
      },
    },
  },
  {
    name: 'voxtral',
    architecture: 'llama',
    projector: {
      ...sound,
      type: 'voxtral',
      melBins: 128,
      stackFactor: 4,
      tensors: {
        ...whisper(128),
        'mm.a.mlp.1.weight': [SOUND_WIDTH * 4, HIDDEN],
        'mm.a.mlp.2.weight': [HIDDEN, ROW_WIDTH],
      },
    },
  },
];
