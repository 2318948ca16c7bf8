/** LLaVA's families against libmtmd. */

import { listOf } from '../../../src/gguf/writer.ts';
import { type EncoderCase, squares, testEncoders } from '../../oracle/encoder-cases.ts';
import { type RandomProjector, without } from '../../oracle/random-projector.ts';

const width = 96;
const tower = {
  imageSize: 84,
  patchSize: 14,
  width,
  heads: 3,
  blocks: 4,
  feedForward: 160,
  rowWidth: 64,
} satisfies Partial<RandomProjector>;
const PATCHES = 36;
const classToken = {
  'v.class_embd': [width],
  'v.position_embd.weight': [width, PATCHES + 1],
  'v.pre_ln.weight': [width],
  'v.pre_ln.bias': [width],
  ...without('v.post_ln.weight', 'v.post_ln.bias', 'v.patch_embd.bias'),
};
const layer = (name: string, inputs: number, outputs: number) => ({
  [`${name}.weight`]: [inputs, outputs],
  [`${name}.bias`]: [outputs],
});
const norm = (name: string, length: number) => ({ [`${name}.weight`]: [length], [`${name}.bias`]: [length] });

/** The grid that MobileVLM's projector has in llama.cpp, whatever the size of the picture. */
const mobile = { ...tower, imageSize: 48, patchSize: 2, width: 48, heads: 3, blocks: 2, feedForward: 64 };
const MOBILE_PATCHES = 576;

function depthwise(index: number, channels: number, outputs: number) {
  const name = (part: string) => `mm.model.mb_block.${index}.block.${part}`;
  return {
    [name('0.0.weight')]: [3, 3, 1, channels],
    ...norm(name('0.1'), channels),
    ...layer(name('1.fc1'), channels, 16),
    ...layer(name('1.fc2'), 16, channels),
    [name('2.0.weight')]: [channels, outputs],
    ...norm(name('2.1'), outputs),
  };
}

const cases: readonly EncoderCase[] = [
  {
    name: 'mlp (LLaVA 1.5)',
    projector: {
      ...tower,
      type: 'mlp',
      tensors: { ...classToken, ...layer('mm.0', width, 80), ...layer('mm.2', 80, 64) },
    },
    pictures: squares(84, PATCHES),
  },
  {
    name: 'mlp with the output of several blocks (Granite Vision)',
    projector: {
      ...tower,
      type: 'mlp',
      keys: { 'vision.feature_layer': listOf('i32', [1, 3, 4]) },
      tensors: { ...layer('mm.0', width * 3, 80), ...layer('mm.2', 80, 64) },
    },
    pictures: squares(84, PATCHES),
  },
  {
    name: 'mlp with norms (Yi)',
    projector: {
      ...tower,
      type: 'mlp',
      tensors: {
        ...classToken,
        ...layer('mm.0', width, 80),
        ...norm('mm.1', 80),
        ...layer('mm.3', 80, 64),
        ...norm('mm.4', 64),
      },
    },
    pictures: squares(84, PATCHES),
  },
  {
    name: 'ldp (MobileVLM)',
    projector: {
      ...mobile,
      type: 'ldp',
      tensors: {
        ...layer('mm.model.mlp.1', 48, 64),
        ...layer('mm.model.mlp.3', 64, 64),
        ...depthwise(1, 64, 64),
        ...depthwise(2, 64, 64),
      },
    },
    pictures: squares(48, MOBILE_PATCHES / 4),
  },
  {
    name: 'ldpv2 (MobileVLM 2)',
    projector: {
      ...mobile,
      type: 'ldpv2',
      tensors: {
        ...layer('mm.model.mlp.0', 48, 64),
        ...layer('mm.model.mlp.2', 64, 64),
        'mm.model.peg.0.weight': [3, 3, 1, 64],
        'mm.model.peg.0.bias': [64],
      },
    },
    pictures: squares(48, MOBILE_PATCHES / 4),
  },
  {
    name: 'adapter (GLM-Edge)',
    projector: {
      ...tower,
      type: 'adapter',
      tensors: {
        'adapter.conv.weight': [2, 2, width, 80],
        'adapter.conv.bias': [80],
        'adapter.linear.linear.weight': [80, 72],
        ...norm('adapter.linear.norm1', 72),
        'adapter.linear.dense_h_to_4h.weight': [72, 128],
        'adapter.linear.gate.weight': [72, 128],
        'adapter.linear.dense_4h_to_h.weight': [128, 64],
        'adapter.boi': [64],
        'adapter.eoi': [64],
      },
    },
    pictures: squares(84, PATCHES / 4 + 2),
  },
];

testEncoders('LLaVA', cases);
