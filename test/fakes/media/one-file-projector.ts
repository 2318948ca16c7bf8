/** Turns mmproj files into one-file models as Ollama's converter writes them: the reverse of what src/gguf/one-file reads. */
import { readFile } from 'node:fs/promises';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import type { GgufFile, GgufValue } from '../../../src/gguf/types.ts';
import { type TensorContent, writeGguf } from '../../../src/gguf/writer.ts';

type Architecture = 'gemma3' | 'mistral3' | 'qwen3vl';

interface Form {
  readonly renames: readonly (readonly [RegExp, string])[];
  /** Makes one or more tensors of one that has another form there; undefined leaves it to `renames`. */
  readonly take?: (
    tensor: TensorContent,
    all: ReadonlyMap<string, TensorContent>,
  ) => TensorContent[] | undefined;
}

const HEADS = 3;
/** Rows of the table of the language model, of which one marks the end of a line. */
const TABLE_ROWS = 14;
const BREAK_TOKEN = 12;

const forms: Readonly<Record<Architecture, Form>> = {
  gemma3: {
    renames: [
      [/^v\.patch_embd/, 'v.patch_embedding'],
      [/^v\.position_embd/, 'v.position_embedding'],
      [/^v\.post_ln/, 'v.post_layernorm'],
      [/\.ln(\d)/, '.layer_norm$1'],
      [/\.attn_out/, '.attn_output'],
      [/\.ffn_up/, '.mlp.fc1'],
      [/\.ffn_down/, '.mlp.fc2'],
      [/^mm\./, 'mm.mm_'],
    ],
  },
  mistral3: {
    renames: [
      [/^v\.patch_embd/, 'v.patch_conv'],
      [/^v\.pre_ln/, 'v.encoder_norm'],
      [/\.attn_out/, '.attn_output'],
      [/\.ln1/, '.attn_norm'],
      [/\.ln2/, '.ffn_norm'],
      [/^mm\.(\d)/, 'mm.linear_$1'],
    ],
    take: (tensor) => {
      if (tensor.name === 'v.token_embd.img_break') return [tableOf(tensor)];
      return /attn_[qk]\.weight$/.test(tensor.name) ? [inHalves(tensor)] : undefined;
    },
  },
  qwen3vl: {
    renames: [
      [/^v\.position_embd/, 'v.pos_embed'],
      [/^v\.patch_embd\.bias/, 'v.patch_embed.bias'],
      [/^v\.post_ln/, 'v.merger.norm'],
      [/^mm\.0/, 'v.merger.linear_fc1'],
      [/^mm\.2/, 'v.merger.linear_fc2'],
      [/\.ffn_up/, '.mlp.linear_fc1'],
      [/\.ffn_down/, '.mlp.linear_fc2'],
      [/\.ln(\d)/, '.norm$1'],
    ],
    take: (tensor, all) => {
      if (tensor.name === 'v.patch_embd.weight.1') return [];
      if (tensor.name === 'v.patch_embd.weight')
        return [bothFrames(tensor, all.get('v.patch_embd.weight.1'))];
      return tensor.name.includes('attn_qkv') ? parted(tensor) : undefined;
    },
  },
};

/** @param keys values beside those of `clip.vision.` */
export async function writeOneFileProjector(
  source: string,
  target: string,
  architecture: Architecture,
  keys: Readonly<Record<string, GgufValue>>,
): Promise<void> {
  const file = await readGgufFile(source, { arrays: 'keep' });
  const tensors = contents(file, await readFile(source));
  const all = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const { renames, take } = forms[architecture];
  const vision = [...file.metadata].flatMap(([key, value]) =>
    key.startsWith('clip.vision.') ? [[key.replace('clip.', `${architecture}.`), value] as const] : [],
  );
  const renamed = (name: string) => renames.reduce((result, [from, to]) => result.replace(from, to), name);
  await writeGguf(target, {
    metadata: {
      'general.architecture': { type: 'string', value: architecture },
      ...Object.fromEntries(vision),
      ...keys,
    },
    tensors: tensors.flatMap((tensor) => take?.(tensor, all) ?? [{ ...tensor, name: renamed(tensor.name) }]),
  });
}

function contents({ tensors, dataOffset }: GgufFile, bytes: Uint8Array): TensorContent[] {
  return tensors.map(({ name, shape, type, offset, byteSize }) => {
    const start = dataOffset + offset;
    return { name, shape, type, data: bytes.subarray(start, start + byteSize) };
  });
}

/** Equal parts of a tensor's bytes. */
function slices(data: Uint8Array, count: number): Uint8Array[] {
  const length = data.length / count;
  return Array.from({ length: count }, (_, index) => data.subarray(index * length, (index + 1) * length));
}

/** Pairs of rows of each head to its two halves. */
function inHalves(tensor: TensorContent): TensorContent {
  const rows = slices(tensor.data, tensor.shape[1] ?? 1);
  const perHead = rows.length / HEADS;
  const data = Array.from({ length: rows.length }, (_, row) => {
    const within = row % perHead;
    const half = Math.floor(within / (perHead / 2));
    const source = row - within + 2 * (within % (perHead / 2)) + half;
    return rows[source] ?? new Uint8Array();
  });
  return { ...tensor, name: tensor.name.replace('attn_out', 'attn_output'), data: Buffer.concat(data) };
}

function tableOf({ shape, type, data }: TensorContent): TensorContent {
  const rows = Array.from({ length: TABLE_ROWS }, (_, row) =>
    row === BREAK_TOKEN ? data : new Uint8Array(data.length),
  );
  return { name: 'token_embd.weight', shape: [shape[0] ?? 0, TABLE_ROWS], type, data: Buffer.concat(rows) };
}

function bothFrames(first: TensorContent, second: TensorContent | undefined): TensorContent {
  const [width = 0, height = 0, colors = 0, channels = 0] = first.shape;
  const frames = [first, second].map((frame) => slices(frame?.data ?? new Uint8Array(), colors * channels));
  const data = Array.from({ length: colors * channels }, (_, index) =>
    frames.map((frame) => frame[index] ?? new Uint8Array()),
  ).flat();
  return {
    ...first,
    name: 'v.patch_embed.weight',
    shape: [width, height, 2, colors * channels],
    data: Buffer.concat(data),
  };
}

function parted(tensor: TensorContent): TensorContent[] {
  const last = tensor.shape.length - 1;
  const shape = tensor.shape.map((length, index) => (index === last ? length / 3 : length));
  const parts = slices(tensor.data, 3);
  return ['q', 'k', 'v'].map((part, index) => ({
    ...tensor,
    name: tensor.name.replace('attn_qkv', `attn_${part}`),
    shape,
    data: parts[index] ?? new Uint8Array(),
  }));
}
