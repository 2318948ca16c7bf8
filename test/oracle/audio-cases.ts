/** Encoders of sound with random weights, one of each family. */
import type { RandomAudioProjector } from './random-audio-projector.ts';

interface AudioCase {
  readonly projector: RandomAudioProjector;
  /** Frames of each sound, and the rows that it becomes. */
  readonly sounds: readonly { readonly frames: number; readonly tokens: number }[];
}

const encoder = { width: 64, heads: 4, blocks: 2, feedForward: 160, rowWidth: 48 };
const whisper = (bins: number) => ({
  'a.conv1d.1.weight': [3, bins, 64],
  'a.conv1d.1.bias': [1, 64],
  'a.conv1d.2.weight': [3, 64, 64],
  'a.conv1d.2.bias': [1, 64],
  'a.position_embd.weight': [64, 1500],
});

export const audioCases: readonly AudioCase[] = [
  {
    projector: {
      ...encoder,
      type: 'ultravox',
      melBins: 80,
      stackFactor: 8,
      tensors: {
        ...whisper(80),
        'mm.a.norm_pre.weight': [512],
        'mm.a.mlp.1.weight': [512, 96],
        'mm.a.norm_mid.weight': [48],
        'mm.a.mlp.2.weight': [48, 48],
      },
    },
    // Of 3000 frames, libmtmd keeps 187 rows of 187.5 only with the widths of real models.
    sounds: [
      { frames: 1600, tokens: 100 },
      { frames: 2976, tokens: 186 },
    ],
  },
  {
    projector: {
      ...encoder,
      type: 'voxtral',
      melBins: 128,
      stackFactor: 4,
      tensors: {
        ...whisper(128),
        'mm.a.mlp.1.weight': [256, 96],
        'mm.a.mlp.2.weight': [96, 48],
      },
    },
    sounds: [
      { frames: 1600, tokens: 100 },
      { frames: 2992, tokens: 187 },
    ],
  },
  {
    projector: {
      ...encoder,
      type: 'qwen2a',
      melBins: 128,
      tensors: { ...whisper(128), 'mm.a.fc.weight': [64, 48], 'mm.a.fc.bias': [48] },
    },
    sounds: [
      { frames: 200, tokens: 50 },
      { frames: 3000, tokens: 750 },
    ],
  },
  {
    projector: {
      ...encoder,
      type: 'qwen3a',
      melBins: 128,
      tensors: {
        'a.conv2d.1.weight': [3, 3, 1, 24],
        'a.conv2d.1.bias': [24],
        'a.conv2d.2.weight': [3, 3, 24, 24],
        'a.conv2d.2.bias': [24],
        'a.conv2d.3.weight': [3, 3, 24, 24],
        'a.conv2d.3.bias': [24],
        'a.conv_out.weight': [24 * 16, 64],
        'a.position_embd.weight': [64, 1500],
        'mm.a.mlp.1.weight': [64, 64],
        'mm.a.mlp.1.bias': [64],
        'mm.a.mlp.2.weight': [64, 48],
        'mm.a.mlp.2.bias': [48],
      },
    },
    sounds: [
      { frames: 100, tokens: 13 },
      { frames: 300, tokens: 39 },
      { frames: 800, tokens: 104 },
    ],
  },
  {
    projector: {
      ...encoder,
      type: 'gemma4a',
      melBins: 128,
      tensors: {
        'a.conv1d.0.weight': [3, 3, 1, 16],
        'a.conv1d.0.norm.weight': [16],
        'a.conv1d.1.weight': [3, 3, 16, 8],
        'a.conv1d.1.norm.weight': [8],
        'a.input_projection.weight': [8 * 32, 64],
        'a.pre_encode.out.weight': [64, 80],
        'a.pre_encode.out.bias': [80],
        'mm.a.input_projection.weight': [80, 48],
        // Bounds narrow enough to cut values.
        'a.blk.0.attn_q.input_min': [1],
        'a.blk.1.ffn_up_1.output_max': [1],
        'mm.a.input_projection.input_max': [1],
        ...conformerBlock(0),
        ...conformerBlock(1),
      },
    },
    sounds: [
      { frames: 50, tokens: 13 },
      { frames: 99, tokens: 25 },
      { frames: 2999, tokens: 750 },
    ],
  },
];

/** What a Conformer block of Gemma 4 has beside those of Whisper. */
function conformerBlock(block: number): Record<string, readonly number[]> {
  const shapes: Record<string, readonly number[]> = {
    'ffn_norm.weight': [64],
    'ffn_post_norm.weight': [64],
    'ffn_norm_1.weight': [64],
    'ffn_up_1.weight': [64, 160],
    'ffn_down_1.weight': [160, 64],
    'ffn_post_norm_1.weight': [64],
    'attn_pre_norm.weight': [64],
    'attn_post_norm.weight': [64],
    'per_dim_scale.weight': [16],
    'attn_k_rel.weight': [64, 64],
    'conv_norm.weight': [64],
    'conv_pw1.weight': [64, 128],
    'conv_dw.weight': [5, 64],
    'norm_conv.weight': [64],
    'conv_pw2.weight': [64, 64],
  };
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`a.blk.${block}.${name}`, shape]));
}
