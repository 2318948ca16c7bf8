/** DeepSeek-OCR, whose two encoders come one after the other, against libmtmd. */
import { testEncoders } from '../../oracle/encoder-cases.ts';
import { u32 } from '../../oracle/random-projector.ts';

const width = 96;
const first = 48;
const heads = 3;
const window = 3;
const blocks = 4;
/** Patches per side of the whole picture and of a tile; their merged sides are 2 and 3. */
const side = 8;
const tileSide = 12;

const layer = (name: string, inputs: number, outputs: number) => ({
  [`${name}.weight`]: [inputs, outputs],
  [`${name}.bias`]: [outputs],
});
const norm = (name: string, length: number) => ({ [`${name}.weight`]: [length], [`${name}.bias`]: [length] });

function samBlock(index: number) {
  const name = (part: string) => `v.sam.blk.${index}.${part}`;
  // The third block sees the whole plane.
  const distances = 2 * (index === 2 ? side : window) - 1;
  return {
    ...norm(name('pre_ln'), first),
    ...norm(name('post_ln'), first),
    ...layer(name('attn.qkv'), first, 3 * first),
    ...layer(name('attn.out'), first, first),
    [name('attn.pos_h.weight')]: [first / heads, distances],
    [name('attn.pos_w.weight')]: [first / heads, distances],
    ...layer(name('mlp.lin1'), first, 80),
    ...layer(name('mlp.lin2'), 80, first),
  };
}

testEncoders('DeepSeek-OCR', [
  {
    name: 'deepseekocr',
    projector: {
      type: 'deepseekocr',
      imageSize: 1024,
      patchSize: 16,
      width,
      heads,
      blocks: 3,
      feedForward: 160,
      rowWidth: 64,
      keys: {
        'vision.sam.block_count': u32(blocks),
        'vision.sam.head_count': u32(heads),
        'vision.sam.embedding_length': u32(first),
        'vision.window_size': u32(window),
      },
      tensors: {
        'v.patch_embd.weight': null,
        'v.patch_embd.bias': null,
        'v.position_embd.weight': [width, 5],
        'v.class_embd': [width],
        ...norm('v.pre_ln', width),
        'v.sam.pos_embd.weight': [first, side, side],
        'v.sam.patch_embd.weight': [16, 16, 3, first],
        'v.sam.patch_embd.bias': [first],
        ...Object.assign({}, ...Array.from({ length: blocks }, (_, index) => samBlock(index))),
        'v.sam.neck.0.weight': [1, 1, first, 32],
        ...norm('v.sam.neck.1', 32),
        'v.sam.neck.2.weight': [3, 3, 32, 32],
        ...norm('v.sam.neck.3', 32),
        'v.sam.net_2.weight': [3, 3, 32, 40],
        'v.sam.net_3.weight': [3, 3, 40, width],
        'v.image_newline': [64],
        'v.view_seperator': [64],
        ...layer('mm.model.fc', 2 * width, 64),
      },
    },
    pictures: [
      {
        name: 'whole picture',
        width: side * 16,
        height: side * 16,
        tokens: 2 * 3 + 1,
        place: { isOverview: 1 },
        kind: 'rgb+separator',
      },
      { name: 'one tile', width: tileSide * 16, height: tileSide * 16, tokens: (3 + 1) * 3 },
      { name: 'row of tiles', width: tileSide * 16, height: 3 * tileSide * 16, tokens: (3 * 3 + 1) * 3 },
    ],
  },
]);
