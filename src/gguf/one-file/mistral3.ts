import { metadataNumber, metadataText } from '../metadata.ts';
import { type ByteRange, type ProjectorTensor, rangeOf, tensorAs } from '../projector/projector-view.ts';
import type { GgufFile, GgufTensor, GgufValue } from '../types.ts';
import type { OneFileFamily } from './family.ts';
import { clipNorm, f32, flag, tensorNamed, text } from './values.ts';

const ARCHITECTURE = 'mistral3';
/** "[IMG_BREAK]" in all of Mistral's vocabularies: the special tokens come first, in a fixed order. */
const BREAK_TOKEN = 12;

export const mistral3: OneFileFamily = {
  architectures: [ARCHITECTURE],
  vision: 'pixtral',
  defaults: {
    ...clipNorm,
    'clip.use_silu': flag(true),
    'clip.vision.attention.layer_norm_epsilon': f32(1e-5),
  },
  derive: ({ metadata }) => ({
    'clip.vision.spatial_merge_size': metadata.get(`${ARCHITECTURE}.spatial_merge_size`),
  }),
  renames: [
    [/^v\.patch_conv\b/, 'v.patch_embd'],
    [/^v\.encoder_norm\b/, 'v.pre_ln'],
    ['.attn_output', '.attn_out'],
    ['.attn_norm', '.ln1'],
    ['.ffn_norm', '.ln2'],
    [/^mm\.linear_(\d)/, 'mm.$1'],
    ['mm.patch_merger.merging_layer', 'mm.patch_merger'],
    [/^mm\.norm\b/, 'mm.input_norm'],
  ],
  rebuild(tensor, file) {
    if (!/^v\.blk\.\d+\.attn_[qk]\.weight$/.test(tensor.name)) return undefined;
    const heads = metadataNumber(file.metadata, `${ARCHITECTURE}.vision.attention.head_count`) ?? 0;
    const ranges = interleavedHalves(tensor, file, heads);
    return ranges && [{ ...tensorAs(tensor.name, tensor, file), ranges }];
  },
  extra: breakRow,
  text: {
    derive: textKeys,
    isForeign: ({ metadata }) =>
      Object.values(olderKeys).some((older) => metadata.has(`${ARCHITECTURE}.${older}`)),
  },
};

/** llama.cpp's keys, and what older converters called them. */
const olderKeys: Readonly<Record<string, string>> = {
  'rope.scaling.yarn_beta_fast': 'rope.scaling.beta_fast',
  'rope.scaling.yarn_beta_slow': 'rope.scaling.beta_slow',
  'rope.scaling.yarn_log_multiplier': 'rope.scaling.mscale_all_dim',
  'attention.temperature_scale': 'rope.scaling_beta',
};

function textKeys({ metadata }: GgufFile): Record<string, GgufValue | undefined> {
  const get = (key: string) => metadata.get(`${ARCHITECTURE}.${key}`);
  const renamed = Object.entries(olderKeys).map(([key, older]) => [
    `${ARCHITECTURE}.${key}`,
    get(key) ?? get(older),
  ]);
  const words = metadataText(metadata, 'tokenizer.ggml.pre') ?? '';
  const isUnnamed = words === '' || words === 'default';
  return {
    ...Object.fromEntries(renamed),
    'tokenizer.ggml.pre': isUnnamed ? text('tekken') : undefined,
  };
}

/**
 * The encoder rotates neighbouring rows of a head together; the converter left them as Hugging Face has them, in two
 * halves. Row 2i + h of a head is row i of its half h.
 */
function interleavedHalves(tensor: GgufTensor, file: GgufFile, heads: number): ByteRange[] | undefined {
  const rows = tensor.shape[1] ?? 0;
  if (heads < 1 || rows % (2 * heads) !== 0) return undefined;
  const { start } = rangeOf(tensor, file);
  const bytes = tensor.byteSize / rows;
  const perHead = rows / heads;
  return Array.from({ length: rows }, (_, row) => {
    const head = Math.floor(row / perHead);
    const within = row % perHead;
    const source = head * perHead + (within % 2) * (perHead / 2) + Math.floor(within / 2);
    return { start: start + source * bytes, bytes };
  });
}

/** The row between two lines of patches: the token's row in the language model's table. */
function breakRow(file: GgufFile): ProjectorTensor[] {
  const table = tensorNamed(file, 'token_embd.weight');
  const [width = 0, rows = 0] = table?.shape ?? [];
  if (!table || rows <= BREAK_TOKEN) return [];
  const bytes = table.byteSize / rows;
  const { start } = rangeOf(table, file);
  return [
    {
      name: 'v.token_embd.img_break',
      shape: [width],
      type: table.type,
      typeName: table.typeName,
      byteSize: bytes,
      ranges: [{ start: start + BREAK_TOKEN * bytes, bytes }],
    },
  ];
}
