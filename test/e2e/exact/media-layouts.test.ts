/** Pictures laid out for each family, against libmtmd: the same parts, and the same value of each pixel. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/gguf/byte-source.ts';
import { parseGguf } from '../../../src/gguf/parse.ts';
import type { ProjectorType } from '../../../src/gguf/projector/projector-types.ts';
import { projectorFacts } from '../../../src/gguf/projector-facts.ts';
import type { GgufValue } from '../../../src/gguf/types.ts';
import { encodeGguf, listOf } from '../../../src/gguf/writer.ts';
import type { Rgb, Size } from '../../../src/media/image/rgb.ts';
import type { TokenLimits } from '../../../src/media/layouts/layout.ts';
import { layoutFor, layoutTypes } from '../../../src/media/layouts/layout-for.ts';
import type { PreparedPart } from '../../../src/protocol/media.ts';
import { tinyProjector, tinyTypes } from '../../fakes/media/tiny-projector.ts';
import { tinyVocabulary } from '../../fakes/media/tiny-vocabulary.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import {
  mediaOracle,
  ORACLE_BUILD_MS,
  type OraclePart,
  prepareWithOracle,
} from '../../oracle/media-oracle.ts';
import { rounds } from '../../scale.ts';

interface LayoutCase {
  readonly name: string;
  readonly type: ProjectorType;
  readonly keys?: Readonly<Record<string, GgufValue>>;
  readonly limits?: TokenLimits;
}

const u32 = (value: number): GgufValue => ({ type: 'u32', value });
const i32 = (value: number): GgufValue => ({ type: 'i32', value });
const scale = (value: number) => ({ 'clip.vision.projector.scale_factor': u32(value) });
const sizes = [448, 896, 896, 448, 896, 896, 1344, 448, 448, 1344];

const cases: readonly LayoutCase[] = [
  ...tinyTypes.map((type) => ({ name: type, type })),
  {
    name: 'mlp with sizes to choose from',
    type: 'mlp',
    keys: { 'clip.vision.image_grid_pinpoints': listOf('i32', sizes) },
  },
  { name: 'MiniCPM-V 2.5', type: 'resampler', keys: { 'clip.minicpmv_version': i32(2) } },
  {
    name: 'MiniCPM-V 4.6 with patches of 16 pixels',
    type: 'minicpmv4_6',
    keys: { ...scale(2), 'clip.vision.patch_size': u32(16) },
  },
  {
    name: 'an older Idefics 3',
    type: 'idefics3',
    keys: { 'clip.vision.preproc_image_size': u32(0) },
  },
  { name: 'idefics3 with limits', type: 'idefics3', limits: { minTokens: 100, maxTokens: 900 } },
  { name: 'lfm2 with limits', type: 'lfm2', limits: { minTokens: 30, maxTokens: 100 } },
  {
    name: 'qwen2.5vl with limits',
    type: 'qwen2.5vl_merger',
    limits: { minTokens: 300, maxTokens: 400 },
  },
  { name: 'gemma4v with a limit', type: 'gemma4v', limits: { maxTokens: 280 } },
  { name: 'lightonocr with a limit', type: 'lightonocr', limits: { maxTokens: 60 } },
  {
    name: 'pixtral without merging',
    type: 'pixtral',
    keys: { 'clip.vision.spatial_merge_size': u32(1), 'clip.vision.patch_size': u32(16) },
  },
];

/** Families whose models count positions in columns and lines. */
const inGrid: readonly ProjectorType[] = [
  'qwen2vl_merger',
  'qwen2.5vl_merger',
  'qwen3vl_merger',
  'glm4v',
  'paddleocr',
];

const named: readonly (readonly [string, Size])[] = [
  ['square', { width: 600, height: 600 }],
  ['tall', { width: 300, height: 1500 }],
  ['wide', { width: 1900, height: 500 }],
  ['tiny', { width: 5, height: 7 }],
  ['narrow', { width: 1, height: 90 }],
  ['of the size of a tile', { width: 448, height: 448 }],
];
/** Takes seconds in each family. */
const huge: readonly (readonly [string, Size])[] = [['huge', { width: 3100, height: 2300 }]];
const isNightly = rounds({ change: 0, long: 0, nightly: 1 }) === 1;
/** Sizes nobody has chosen, in each family. */
const RANDOM_SIZES = rounds({ change: 0, long: 0, nightly: 20 });
/** The same pictures serve all families. */
const pictures = new Map<string, Rgb>();

describe('layouts', () => {
  let folder: string;
  let oracle: Awaited<ReturnType<typeof mediaOracle>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'layouts-'));
    for (const architecture of ['llama', 'qwen2vl'])
      await writeFile(join(folder, architecture), tinyVocabulary(architecture));
    oracle = await mediaOracle();
  }, ORACLE_BUILD_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are compared for every type', () => {
    expect([...tinyTypes].sort()).toEqual([...layoutTypes].sort());
  });

  it.for(cases)('$name', { timeout: 300_000 }, async ({ type, keys, limits = {} }, context) => {
    if ('missing' in oracle) return skipWithout(oracle.missing, context);
    const file = encodeGguf(tinyProjector(type, keys));
    const mmproj = join(folder, 'mmproj');
    await writeFile(mmproj, file);
    const facts = projectorFacts(await parseGguf(memorySource(file)));
    const layout = facts && layoutFor(facts);
    const textModel = join(folder, inGrid.includes(type) ? 'qwen2vl' : 'llama');
    for (const [name, size] of [...named, ...(isNightly ? huge : []), ...randomSizes(type)]) {
      const image = pictures.get(name) ?? picture(size);
      pictures.set(name, image);
      const theirs = await prepareWithOracle(oracle.program, { mmproj, textModel, limits, ...image });
      const ours = layout?.prepareImage(image, limits) ?? [];
      expect(ours.map(described), name).toEqual(theirs.parts.map(describedByOracle));
      expect(farthestPixel(ours, theirs.values), name).toBe(0);
      const tokens = ours.reduce((total, part) => total + ('piece' in part ? part.piece.tokens : 0), 0);
      expect(layout?.countTokens(size, limits), name).toBe(tokens);
    }
  });
});

function randomSizes(type: string): [string, Size][] {
  const random = seededRandom(type.length);
  const side = () => 1 + Math.floor(2500 * random() ** 2);
  return Array.from({ length: RANDOM_SIZES }, () => {
    const size = { width: side(), height: side() };
    return [`${size.width}x${size.height}`, size];
  });
}

/** Gradients with noise, so that each pixel counts and none is like its neighbour. */
function picture({ width, height }: Size): Rgb {
  const random = seededRandom(width * height);
  const noise = Uint8Array.from({ length: 4093 }, () => 40 * random());
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at++) {
    const pixel = Math.floor(at / 3);
    const wave = Math.sin((pixel % width) / (9 + (at % 3))) * Math.cos(Math.floor(pixel / width) / 13);
    data[at] = 108 + 100 * wave + (noise[at % noise.length] ?? 0);
  }
  return { width, height, data };
}

function described(part: PreparedPart) {
  if ('text' in part) return { text: part.text };
  const { width, height, tokens, positions, grid } = part.piece;
  const { columns, lines } = grid ?? { columns: tokens, lines: 1 };
  return { width, height, tokens, positions, columns, lines };
}

function describedByOracle({ text, pieces = [], tokens, positions, columns, lines }: OraclePart) {
  if (text !== undefined) return { text };
  expect(pieces).toHaveLength(1);
  return { ...pieces[0], tokens, positions, columns, lines };
}

/** Largest difference in steps of 1/255. The tiny projectors leave the values of pixels as they are. */
function farthestPixel(parts: readonly PreparedPart[], values: Float32Array): number {
  let at = 0;
  let farthest = 0;
  for (const part of parts) {
    if ('text' in part) continue;
    for (const value of part.data) {
      const difference = Math.abs((values[at++] ?? Number.NaN) * 255 - value);
      if (!(difference <= farthest)) farthest = difference;
    }
  }
  return at === values.length ? Math.round(farthest * 1000) / 1000 : Number.NaN;
}
