import { metadataNumber, metadataNumbers, metadataText } from '../metadata.ts';
import { type ByteRange, type ProjectorTensor, rangeOf } from '../projector/projector-view.ts';
import type { GgufFile, GgufTensor, GgufValue } from '../types.ts';
import { listOf } from '../writer.ts';
import type { OneFileFamily } from './family.ts';
import { f32, flag, fourSections, halfNorm, lengthOf, tensorNamed, u32 } from './values.ts';

const COLOURS = 3;
/** Frames of a moving picture that one patch spans. */
const FRAMES = 2;

export const qwen3vl: OneFileFamily = {
  architectures: ['qwen3vl', 'qwen3vlmoe', 'qwen35', 'qwen35moe'],
  vision: 'qwen3vl_merger',
  defaults: {
    ...halfNorm,
    'clip.use_gelu': flag(true),
    'clip.vision.attention.layer_norm_epsilon': f32(1e-6),
  },
  derive: (file) => ({
    'clip.vision.feed_forward_length': lengthOf(file, 'v.blk.0.mlp.linear_fc1.weight', 1),
    'clip.vision.image_size': pictureSize(file),
  }),
  renames: [
    [/^v\.pos_embed\b/, 'v.position_embd'],
    [/^v\.patch_embed\b/, 'v.patch_embd'],
    [/^v\.merger\.norm\b/, 'v.post_ln'],
    [/^v\.merger\.linear_fc1\b/, 'mm.0'],
    [/^v\.merger\.linear_fc2\b/, 'mm.2'],
    ['.mlp.linear_fc1', '.ffn_up'],
    ['.mlp.linear_fc2', '.ffn_down'],
    ['.norm1', '.ln1'],
    ['.norm2', '.ln2'],
  ],
  rebuild(tensor, file) {
    if (tensor.name === 'v.patch_embed.weight') return patchesByFrame(tensor, file);
    const attention = /^(v\.blk\.\d+)\.attn_([qkv])\.(weight|bias)$/.exec(tensor.name);
    if (attention) return joinedAttention(file, attention[1] ?? '', attention[2] ?? '', attention[3] ?? '');
    const deepstack = /^v\.deepstack_merger\.(\d+)\.(?:linear_)?(norm|fc1|fc2)\.(weight|bias)$/.exec(
      tensor.name,
    );
    if (deepstack) return deepstackTensor(tensor, file, deepstack);
    return undefined;
  },
  text: {
    derive: textKeys,
    renames: [[/^(blk\.\d+)\.ssm_dt$/, '$1.ssm_dt.bias']],
    // Older files name the layer that predicts in a way that llama.cpp does not know: the model works without it.
    drops: ['mtp.'],
    isForeign: ({ tensors }) => tensors.some(({ name }) => name.startsWith('mtp.')),
  },
};

/** Pairs that turn by time, line and column in Qwen3-VL with heads of 128 values, whose older files do not state them. */
const USUAL_SECTIONS = [24, 20, 20];

function textKeys(file: GgufFile, prefix: string): Record<string, GgufValue | undefined> {
  const { metadata, tensors } = file;
  const sections = metadataNumbers(metadata, `${prefix}.rope.dimension_sections`);
  const isHybrid = prefix.startsWith('qwen35');
  const kvHeads = metadataNumbers(metadata, `${prefix}.attention.head_count_kv`);
  const deep = metadataNumbers(metadata, `${prefix}.vision.deepstack_visual_indexes`);
  const hasPredictor = tensors.some(({ name }) => name.startsWith('mtp.'));
  return {
    [`${prefix}.rope.dimension_sections`]:
      sections.length === 0 && !isHybrid ? listOf('i32', [...USUAL_SECTIONS, 0]) : fourSections(sections),
    ...(!isHybrid && {
      [`${prefix}.n_deepstack_layers`]: metadata.get(`${prefix}.n_deepstack_layers`) ?? u32(deep.length),
    }),
    // Layers without attention have 0 there; llama.cpp wants the number of the others.
    ...(isHybrid &&
      kvHeads.length > 1 && { [`${prefix}.attention.head_count_kv`]: u32(Math.max(...kvHeads)) }),
    ...(hasPredictor && { [`${prefix}.nextn_predict_layers`]: u32(0) }),
  };
}

function architectureOf({ metadata }: GgufFile): string {
  return metadataText(metadata, 'general.architecture') ?? '';
}

/** The side of the square of learned positions, in pixels. */
function pictureSize(file: GgufFile) {
  const positions = tensorNamed(file, 'v.pos_embed.weight')?.shape[1] ?? 0;
  const patch = metadataNumber(file.metadata, `${architectureOf(file)}.vision.patch_size`) ?? 0;
  const size = Math.floor(Math.sqrt(positions)) * patch;
  return size > 0 ? u32(size) : undefined;
}

/** One convolution over two frames, [width, height, frame, colour and channel], becomes one per frame. */
function patchesByFrame(tensor: GgufTensor, file: GgufFile): ProjectorTensor[] | undefined {
  const [width = 0, height = 0, frames = 0, packed = 0] = tensor.shape;
  if (frames !== FRAMES || packed < COLOURS || packed % COLOURS !== 0) return undefined;
  const { start } = rangeOf(tensor, file);
  const bytes = tensor.byteSize / (frames * packed);
  return Array.from({ length: FRAMES }, (_, frame) => ({
    name: frame === 0 ? 'v.patch_embd.weight' : 'v.patch_embd.weight.1',
    shape: [width, height, COLOURS, packed / COLOURS],
    type: tensor.type,
    typeName: tensor.typeName,
    byteSize: bytes * packed,
    ranges: Array.from({ length: packed }, (_each, index) => ({
      start: start + (index * frames + frame) * bytes,
      bytes,
    })),
  }));
}

/** Queries, keys and values of a block one behind the other; apart where their types differ. */
function joinedAttention(
  file: GgufFile,
  block: string,
  part: string,
  kind: string,
): ProjectorTensor[] | undefined {
  const tensors = ['q', 'k', 'v'].map((letter) => tensorNamed(file, `${block}.attn_${letter}.${kind}`));
  const [first] = tensors;
  const same = tensors.every(
    (tensor) => tensor?.type === first?.type && tensor?.shape.join() === first?.shape.join(),
  );
  if (!first || !same) return undefined;
  if (part !== 'q') return [];
  const ranges = tensors.flatMap((tensor): ByteRange[] => (tensor ? [rangeOf(tensor, file)] : []));
  const last = first.shape.length - 1;
  return [
    {
      name: `${block}.attn_qkv.${kind}`,
      shape: first.shape.map((length, dimension) => (dimension === last ? length * tensors.length : length)),
      type: first.type,
      typeName: first.typeName,
      byteSize: first.byteSize * tensors.length,
      ranges,
    },
  ];
}

/** The file numbers the extra rows from 0; mmproj files number them by the block that they come from. */
function deepstackTensor(
  tensor: GgufTensor,
  file: GgufFile,
  match: RegExpExecArray,
): ProjectorTensor[] | undefined {
  const blocks = metadataNumbers(file.metadata, `${architectureOf(file)}.vision.deepstack_visual_indexes`);
  const block = blocks[Number(match[1])];
  if (block === undefined) return undefined;
  const { shape, type, typeName, byteSize } = tensor;
  const name = `v.deepstack.${block}.${match[2]}.${match[3]}`;
  return [{ name, shape, type, typeName, byteSize, ranges: [rangeOf(tensor, file)] }];
}
