/** The SigLIP families against libmtmd. */
import { squares, testEncoders } from '../../oracle/encoder-cases.ts';
import { type RandomProjector, u32 } from '../../oracle/random-projector.ts';

const tower = {
  imageSize: 84,
  patchSize: 14,
  width: 96,
  heads: 3,
  blocks: 3,
  feedForward: 160,
  rowWidth: 64,
} satisfies Partial<RandomProjector>;
const PATCHES = 36;
const dynamic = (side: number, merge: number) => {
  const rows = (columns: number, lines: number) => Math.ceil(columns / merge) * Math.ceil(lines / merge);
  return [
    { name: 'square', width: 84, height: 84, tokens: rows(6, 6) },
    { name: 'tall', width: 4 * side, height: 10 * side, tokens: rows(4, 10) },
    { name: 'tile with an odd grid', width: 7 * side, height: 5 * side, tokens: rows(7, 5) },
  ];
};

testEncoders('SigLIP', [
  {
    name: 'gemma3',
    projector: {
      ...tower,
      type: 'gemma3',
      keys: { 'vision.projector.scale_factor': u32(2) },
      tensors: { 'mm.input_projection.weight': [64, 96], 'mm.soft_emb_norm.weight': [96] },
    },
    pictures: squares(84, PATCHES / 4),
  },
  {
    name: 'idefics3 (SmolVLM)',
    projector: {
      ...tower,
      type: 'idefics3',
      keys: { 'vision.projector.scale_factor': u32(3) },
      tensors: { 'mm.model.fc.weight': [96 * 9, 64] },
    },
    pictures: squares(84, PATCHES / 9),
  },
  {
    name: 'lfm2',
    projector: {
      ...tower,
      type: 'lfm2',
      keys: { 'vision.projector.scale_factor': u32(2) },
      tensors: {
        'mm.input_norm.weight': [96 * 4],
        'mm.input_norm.bias': [96 * 4],
        'mm.1.weight': [96 * 4, 112],
        'mm.1.bias': [112],
        'mm.2.weight': [112, 64],
        'mm.2.bias': [64],
      },
    },
    pictures: dynamic(14, 2),
  },
  {
    name: 'janus_pro',
    projector: {
      ...tower,
      type: 'janus_pro',
      tensors: { 'mm.0.weight': [96, 80], 'mm.0.bias': [80], 'mm.1.weight': [80, 64], 'mm.1.bias': [64] },
    },
    pictures: squares(84, PATCHES),
  },
  {
    name: 'phi4',
    projector: {
      ...tower,
      type: 'phi4',
      keys: { 'vision.image_min_pixels': u32(784), 'vision.image_max_pixels': u32(40_000) },
      tensors: { 'mm.0.weight': [96, 80], 'mm.0.bias': [80], 'mm.2.weight': [80, 64], 'mm.2.bias': [64] },
    },
    pictures: dynamic(14, 1),
  },
]);
