/** Families with class tokens against libmtmd. */
import { squares, testEncoders } from '../../oracle/encoder-cases.ts';
import { type RandomProjector, u32, without } from '../../oracle/random-projector.ts';

const width = 96;
const tower = {
  imageSize: 84,
  patchSize: 14,
  width,
  heads: 3,
  blocks: 3,
  feedForward: 160,
  rowWidth: 64,
} satisfies Partial<RandomProjector>;
const PATCHES = 36;
const bareEnds = without('v.post_ln.weight', 'v.post_ln.bias');
const perBlock = (parts: Readonly<Record<string, readonly number[] | null>>) =>
  Object.fromEntries(
    Array.from({ length: tower.blocks }, (_, block) =>
      Object.entries(parts).map(([name, shape]) => [`v.blk.${block}.${name}`, shape] as const),
    ).flat(),
  );
const withoutSeparate = {
  ...without('attn_q.weight', 'attn_q.bias', 'attn_k.weight', 'attn_k.bias', 'attn_v.weight', 'attn_v.bias'),
  'attn_qkv.weight': [width, width * 3],
};

testEncoders('class tokens', [
  {
    name: 'internvl',
    projector: {
      ...tower,
      type: 'internvl',
      keys: { 'vision.projector.scale_factor': u32(2) },
      tensors: {
        ...bareEnds,
        'v.class_embd': [width],
        'v.position_embd.weight': [width, PATCHES + 1],
        ...perBlock({
          'ls1.weight': [width],
          'ls2.weight': [width],
          'attn_q_norm.weight': [width],
          'attn_k_norm.weight': [width],
        }),
        'mm.model.mlp.0.weight': [width * 4],
        'mm.model.mlp.0.bias': [width * 4],
        'mm.model.mlp.1.weight': [width * 4, 80],
        'mm.model.mlp.1.bias': [80],
        'mm.model.mlp.3.weight': [80, 64],
        'mm.model.mlp.3.bias': [64],
      },
    },
    pictures: squares(84, PATCHES / 4),
  },
  {
    name: 'nemotron_v2_vl',
    projector: {
      ...tower,
      type: 'nemotron_v2_vl',
      keys: { 'vision.projector.scale_factor': u32(2) },
      tensors: {
        ...bareEnds,
        'v.class_embd': [width, 5],
        ...perBlock({ ...withoutSeparate, 'attn_qkv.bias': [width * 3] }),
        'mm.model.mlp.0.weight': [width * 4],
        'mm.model.mlp.1.weight': [width * 4, 80],
        'mm.model.mlp.3.weight': [80, 64],
      },
    },
    pictures: squares(84, PATCHES / 4),
  },
  {
    name: 'cogvlm',
    projector: {
      ...tower,
      type: 'cogvlm',
      tensors: {
        ...bareEnds,
        'v.class_embd': [width],
        'v.position_embd.weight': [width, PATCHES + 1],
        ...perBlock({ ...withoutSeparate, 'attn_qkv.bias': [width * 3] }),
        'mm.model.fc.weight': [width, 80],
        'mm.post_fc_norm.weight': [80],
        'mm.post_fc_norm.bias': [80],
        'mm.up.weight': [80, 112],
        'mm.gate.weight': [80, 112],
        'mm.down.weight': [112, 64],
        'v.boi': [64],
        'v.eoi': [64],
      },
    },
    pictures: squares(84, PATCHES + 2),
  },
]);
