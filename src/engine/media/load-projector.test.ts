import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countedGgml } from '../../../test/fakes/media/counted-ggml.ts';
import { type RandomProjector, u32, writeRandomProjector } from '../../../test/oracle/random-projector.ts';
import { readGgufFile } from '../../gguf/parse.ts';
import { projectorFacts } from '../../gguf/projector-facts.ts';
import type { MediaPiece } from '../../protocol/media.ts';
import { bindGgml } from '../graph/ggml.ts';
import { type Libraries, loadLibraries } from '../native/libraries.ts';
import { GraphProjector } from './graph-projector.ts';
import { createLoadProjector, encodersOf, traitsOf } from './load-projector.ts';

const SIZE = 56;
const gemma: RandomProjector = {
  type: 'gemma3',
  imageSize: SIZE,
  patchSize: 14,
  width: 48,
  heads: 3,
  blocks: 2,
  feedForward: 80,
  rowWidth: 32,
  keys: { 'vision.projector.scale_factor': u32(2) },
  tensors: { 'mm.input_projection.weight': [32, 48], 'mm.soft_emb_norm.weight': [48] },
};
const piece: MediaPiece = { kind: 'image', digest: '', width: SIZE, height: SIZE, tokens: 4, positions: 4 };
const data = new Uint8Array(SIZE * SIZE * 3).map((_, index) => (index * 37) % 256);

describe('createLoadProjector', () => {
  let folder: string;
  let libraries: Libraries;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'projector-'));
    libraries = loadLibraries();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function write(projector: RandomProjector): Promise<string> {
    const path = join(folder, 'mmproj.gguf');
    await writeRandomProjector(path, projector);
    return path;
  }
  const load = async (projector: RandomProjector) =>
    createLoadProjector(libraries)(await write(projector), { threads: 1 });

  it('loads a projector that encodes pictures within the memory that it states', async () => {
    const projector = await load(gemma);
    expect(projector).toMatchObject({
      kinds: ['image'],
      rowWidth: 32,
      isBidirectional: true,
    });
    expect(projector.mostTokens).toBeGreaterThanOrEqual(4);
    const rows = await projector.encode(piece, data, async () => false);
    expect(rows).toHaveLength(4 * 32);
    expect(rows.every((value) => Number.isFinite(value))).toBe(true);
    if (!(projector instanceof GraphProjector)) throw new Error('another projector');
    expect(projector.report?.bytes).toBeLessThanOrEqual(projector.bufferBytes);
    projector.free();
  });

  it('encodes pieces that arrive together one after the other, each with its own rows', async () => {
    const projector = await load(gemma);
    const other = data.map((value) => 255 - value);
    const alone = await projector.encode(piece, data, async () => false);
    const [first, second] = await Promise.all([
      projector.encode(piece, data, async () => false),
      projector.encode(piece, other, async () => false),
    ]);
    expect(first).toEqual(alone);
    expect(second).not.toEqual(alone);
    projector.free();
  });

  it('refuses pieces that it cannot encode, and encodes the next', async () => {
    const projector = await load(gemma);
    const encode = (changes: Partial<MediaPiece>, bytes = data) =>
      projector.encode({ ...piece, ...changes }, bytes, async () => false);
    await expect(encode({ kind: 'audio' })).rejects.toThrow('does not take audio');
    await expect(encode({ width: 3, height: 3 }, data.subarray(0, 27))).rejects.toThrow(
      'smaller than a patch',
    );
    await expect(encode({}, data.subarray(1))).rejects.toThrow('bytes');
    await expect(encode({ tokens: 5 })).rejects.toThrow('became 4 rows, and 5 were expected');
    expect(await encode({})).toHaveLength(4 * 32);
    projector.free();
  });

  it('names the types that it knows for one that it does not', async () => {
    await expect(load({ ...gemma, type: 'yasa2' })).rejects.toThrow(
      /pictures of the type "yasa2" are not supported.*gemma3.*pixtral/,
    );
    await expect(load({ ...gemma, type: 'nonsense' })).rejects.toThrow(
      /pictures of the type "nonsense" are not supported.*gemma3.*pixtral/,
    );
  });

  it('refuses files whose tensors are missing or do not fit together, and frees what it had', async () => {
    const counted = countedGgml(bindGgml(libraries));
    const wrong: readonly (readonly [string, RandomProjector['tensors'], string])[] = [
      ['missing', { 'v.blk.1.ffn_up.weight': null }, 'lacks the tensor "v.blk.1.ffn_up.weight"'],
      ['matrix', { 'mm.input_projection.weight': [32, 47] }, 'mul_mat'],
      ['bias', { 'v.blk.0.attn_q.bias': [47] }, 'add of'],
      ['positions', { 'v.position_embd.weight': [48, 3] }, '3 positions'],
      ['kernel', { 'v.patch_embd.weight': [14, 14, 4, 48] }, 'conv_2d'],
      ['norm', { 'v.blk.0.ln1.weight': [5] }, 'mul of'],
      // Of 16 bits, as all matrices are here.
      ['bound', { 'v.blk.0.attn_q.input_min': [1, 1] }, 'must be one 32-bit float'],
      ['heads', { 'v.blk.0.attn_k.weight': [48, 96] }, 'reshape of'],
    ];
    for (const [name, tensors, message] of wrong) {
      const path = await write({ ...gemma, tensors: { ...gemma.tensors, ...tensors } });
      const facts = projectorFacts(await readGgufFile(path, { arrays: 'keep' }));
      if (!facts) throw new Error(name);
      const file = { path, tensors: facts.tensors };
      const limits = { seconds: 1, bytes: 1e8 };
      const loading = GraphProjector.load(counted.ggml, file, encodersOf(facts), traitsOf(facts), {
        threads: 1,
        limits,
      });
      await expect(loading, name).rejects.toThrow(message);
      expect(counted.held(), name).toEqual({ init: 0, allocateContext: 0, newSchedule: 0, cpuBackend: 0 });
    }
  });

  it('refuses files without an encoder', async () => {
    const path = join(folder, 'text.gguf');
    await writeFile(path, 'GGUF');
    await expect(createLoadProjector(libraries)(path, { threads: 1 })).rejects.toThrow('invalid GGUF file');
  });
});
