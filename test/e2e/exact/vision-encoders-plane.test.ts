/** Families with rotated positions in two dimensions against libmtmd. */
import { type CasePicture, squares, testEncoders } from '../../oracle/encoder-cases.ts';
import { flag, type RandomProjector, u32, without } from '../../oracle/random-projector.ts';

const width = 96;
const tower = {
  imageSize: 112,
  patchSize: 14,
  width,
  heads: 3,
  blocks: 3,
  feedForward: 160,
  rowWidth: 64,
} satisfies Partial<RandomProjector>;

/** Of any ratio, in squares of `side` patches. */
function pictures(side: number, rows: (columns: number, lines: number) => number): CasePicture[] {
  const sizes = [
    ['square', 3, 3],
    ['tall', 2, 5],
    ['wide', 5, 2],
  ] as const;
  return sizes.map(([name, columns, lines]) => ({
    name,
    width: columns * side * 14,
    height: lines * side * 14,
    tokens: rows(columns, lines),
  }));
}
const area = (columns: number, lines: number) => columns * lines;
const withLineBreaks = (columns: number, lines: number) => (columns + 1) * lines - 1;

/** Pixtral: no table of positions, RMS norms without bias, a gate in the feed-forward layers. */
const pixtralBlocks = Object.fromEntries(
  Array.from({ length: tower.blocks }, (_, block) => [`v.blk.${block}.ffn_gate.weight`, [width, 160]]),
);
const pixtralTensors = {
  ...without('v.position_embd.weight', 'v.post_ln.weight', 'v.post_ln.bias', 'v.patch_embd.bias'),
  'v.pre_ln.weight': [width],
  ...pixtralBlocks,
  'mm.1.weight': [width, 80],
  'mm.1.bias': [80],
  'mm.2.weight': [80, 64],
  'mm.2.bias': [64],
};
const silu = { use_gelu: flag(false), use_silu: flag(true) };
const merger = { 'mm.input_norm.weight': [width], 'mm.patch_merger.weight': [width * 4, width] };

testEncoders('positions in two dimensions', [
  {
    name: 'pixtral',
    projector: {
      ...tower,
      type: 'pixtral',
      keys: silu,
      tensors: { ...pixtralTensors, 'v.token_embd.img_break': [64] },
    },
    pictures: pictures(2, (columns, lines) => withLineBreaks(2 * columns, 2 * lines)),
  },
  {
    name: 'pixtral with merged patches (Mistral Small 3.1)',
    projector: {
      ...tower,
      type: 'pixtral',
      keys: { ...silu, 'vision.spatial_merge_size': u32(2) },
      tensors: { ...pixtralTensors, ...merger, 'v.token_embd.img_break': [64] },
    },
    pictures: pictures(2, withLineBreaks),
  },
  {
    name: 'lightonocr',
    projector: {
      ...tower,
      type: 'lightonocr',
      keys: { ...silu, 'vision.spatial_merge_size': u32(2) },
      tensors: { ...pixtralTensors, ...merger },
    },
    pictures: pictures(2, area),
  },
  {
    name: 'kimivl',
    projector: {
      ...tower,
      type: 'kimivl',
      keys: { 'vision.projector.scale_factor': u32(2) },
      tensors: {
        'mm.input_norm.weight': [width],
        'mm.input_norm.bias': [width],
        'mm.1.weight': [width * 4, 80],
        'mm.1.bias': [80],
        'mm.2.weight': [80, 64],
        'mm.2.bias': [64],
      },
    },
    pictures: pictures(2, area),
  },
  {
    name: 'llama4',
    projector: {
      ...tower,
      type: 'llama4',
      keys: { 'vision.projector.scale_factor': u32(2) },
      tensors: {
        'v.patch_embd.weight': [14 * 14 * 3, width],
        'v.patch_embd.bias': null,
        'v.class_embd': [width],
        'v.position_embd.weight': [width, 65],
        'v.pre_ln.weight': [width],
        'v.pre_ln.bias': [width],
        'mm.model.mlp.1.weight': [width * 4, 80],
        'mm.model.mlp.2.weight': [80, 72],
        'mm.model.fc.weight': [72, 64],
      },
    },
    pictures: squares(112, 16),
  },
]);
