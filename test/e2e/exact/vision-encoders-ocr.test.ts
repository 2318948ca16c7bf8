/** PaddleOCR-VL and dots.ocr against libmtmd. */
import { testEncoders } from '../../oracle/encoder-cases.ts';
import { flag, type RandomProjector, u32, without } from '../../oracle/random-projector.ts';

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

const inBlocks = (tensors: Readonly<Record<string, readonly number[] | null>>) =>
  Object.fromEntries(
    Array.from({ length: BLOCKS }, (_, block) =>
      Object.entries(tensors).map(([name, shape]) => [`v.blk.${block}.${name}`, shape] as const),
    ).flat(),
  );

const pictures = [
  { name: 'square', width: 84, height: 84, tokens: 9 },
  { name: 'tall', width: 56, height: 140, tokens: 10 },
  { name: 'wide', width: 196, height: 56, tokens: 14 },
];
const limits = { 'vision.image_min_pixels': u32(784), 'vision.image_max_pixels': u32(40_000) };
const inputNorm = { 'mm.input_norm.weight': [WIDTH], 'mm.input_norm.bias': [WIDTH] };

testEncoders('readers of documents', [
  {
    name: 'paddleocr',
    projector: {
      ...tower,
      type: 'paddleocr',
      keys: limits,
      tensors: {
        ...inputNorm,
        'mm.1.weight': [WIDTH * 4, 112],
        'mm.1.bias': [112],
        'mm.2.weight': [112, 64],
        'mm.2.bias': [64],
      },
    },
    pictures,
  },
  {
    name: 'dots_ocr',
    projector: {
      ...tower,
      type: 'dots_ocr',
      keys: {
        ...limits,
        'vision.projector.scale_factor': u32(2),
        use_gelu: flag(false),
        use_silu: flag(true),
      },
      tensors: {
        ...without('v.position_embd.weight', 'v.post_ln.weight', 'v.post_ln.bias'),
        ...inBlocks({ ...without('ln1.bias', 'ln2.bias'), 'ffn_gate.weight': [WIDTH, 160] }),
        ...inputNorm,
        'mm.post_norm.weight': [WIDTH],
        'mm.0.weight': [WIDTH * 4, 112],
        'mm.0.bias': [112],
        'mm.2.weight': [112, 64],
        'mm.2.bias': [64],
      },
    },
    pictures,
  },
]);
