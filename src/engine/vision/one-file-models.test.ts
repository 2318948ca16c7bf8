/** Encoders inside Ollama's one-file models make the rows that they make from mmproj files. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeOneFileProjector } from '../../../test/fakes/media/one-file-projector.ts';
import { type CasePicture, encodePiece, pieceOf, randomPixels } from '../../../test/oracle/encoder-cases.ts';
import {
  flag,
  type RandomProjector,
  u32,
  without,
  writeRandomProjector,
} from '../../../test/oracle/random-projector.ts';
import { bindGgml, type Ggml } from '../graph/ggml.ts';
import { loadLibraries } from '../native/libraries.ts';

const WIDTH = 96;
const BLOCKS = 2;
const tower = {
  imageSize: 84,
  patchSize: 14,
  width: WIDTH,
  heads: 3,
  blocks: BLOCKS,
  feedForward: 160,
  rowWidth: 64,
} satisfies Partial<RandomProjector>;
const picture: CasePicture = { name: 'square', width: 84, height: 84, tokens: 9 };
const limits = { seconds: 1000, bytes: Number.MAX_SAFE_INTEGER };

function inBlocks(tensors: Readonly<Record<string, readonly number[] | null>>) {
  const blocks = Array.from({ length: BLOCKS }, (_, block) =>
    Object.entries(tensors).map(([name, shape]) => [`v.blk.${block}.${name}`, shape] as const),
  );
  return Object.fromEntries(blocks.flat());
}

describe('encoders inside one-file models', () => {
  let folder: string;
  let ggml: Ggml;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'one-file-'));
    ggml = bindGgml(loadLibraries());
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The rows from the mmproj file, and from the one-file model. */
  async function both(
    projector: RandomProjector,
    architecture: Parameters<typeof writeOneFileProjector>[2],
    keys: Parameters<typeof writeOneFileProjector>[3] = {},
    shown = picture,
  ) {
    const mmproj = join(folder, `${architecture}-mmproj`);
    const oneFile = join(folder, architecture);
    await writeRandomProjector(mmproj, projector);
    await writeOneFileProjector(mmproj, oneFile, architecture, keys);
    const data = randomPixels(shown, 1);
    return [
      await encodePiece(ggml, mmproj, pieceOf(shown, data), data, false, limits),
      await encodePiece(ggml, oneFile, pieceOf(shown, data), data, false, limits),
    ];
  }

  it('are the same of Gemma 3', async () => {
    const tensors = { 'mm.input_projection.weight': [64, WIDTH], 'mm.soft_emb_norm.weight': [WIDTH] };
    const keys = { 'vision.projector.scale_factor': u32(2) };
    const [expected, found] = await both({ ...tower, type: 'gemma3', keys, tensors }, 'gemma3');
    expect(found).toEqual(expected);
  });

  it('are the same of Qwen3-VL, whose matrices are apart and whose frames are together', async () => {
    const names = ['q', 'k', 'v'].flatMap((part) => [`attn_${part}.weight`, `attn_${part}.bias`]);
    const projector: RandomProjector = {
      ...tower,
      type: 'qwen3vl_merger',
      keys: { 'vision.spatial_merge_size': u32(2) },
      tensors: {
        ...inBlocks(without(...names)),
        ...inBlocks({ 'attn_qkv.weight': [WIDTH, WIDTH * 3], 'attn_qkv.bias': [WIDTH * 3] }),
        'v.patch_embd.weight.1': [14, 14, 3, WIDTH],
        'mm.0.weight': [WIDTH * 4, 112],
        'mm.0.bias': [112],
        'mm.2.weight': [112, 64],
        'mm.2.bias': [64],
      },
    };
    const [expected, found] = await both(projector, 'qwen3vl');
    expect(found).toEqual(expected);
  });

  it('are the same of Mistral 3, whose heads lie in halves', async () => {
    const projector: RandomProjector = {
      ...tower,
      type: 'pixtral',
      keys: { use_gelu: flag(false), use_silu: flag(true) },
      tensors: {
        ...without('v.position_embd.weight', 'v.post_ln.weight', 'v.post_ln.bias', 'v.patch_embd.bias'),
        'v.pre_ln.weight': [WIDTH],
        ...inBlocks({ 'ffn_gate.weight': [WIDTH, 160] }),
        'mm.1.weight': [WIDTH, 80],
        'mm.1.bias': [80],
        'mm.2.weight': [80, 64],
        'mm.2.bias': [64],
        'v.token_embd.img_break': [64],
      },
    };
    const shown = { ...picture, tokens: 41 };
    const [expected, found] = await both(projector, 'mistral3', {}, shown);
    expect(found).toEqual(expected);
  });
});
