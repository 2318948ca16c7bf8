/** Runs encoders beside the oracle: the same random weights, the same pixels. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindGgml, checkLayout, type Ggml } from '../../src/engine/graph/ggml.ts';
import type { StageLimits } from '../../src/engine/graph/stage-plan.ts';
import { GraphProjector } from '../../src/engine/media/graph-projector.ts';
import { encodersOf, traitsOf } from '../../src/engine/media/load-projector.ts';
import { loadLibraries } from '../../src/engine/native/libraries.ts';
import { readGgufFile } from '../../src/gguf/parse.ts';
import { projectorFacts } from '../../src/gguf/projector-facts.ts';
import type { MediaPiece } from '../../src/protocol/media.ts';
import { skipWithout } from '../fakes/prerequisites.ts';
import { seededRandom } from '../fakes/random/seeded-random.ts';
import { compare, encodeWithOracle, mediaOracle, ORACLE_BUILD_MS } from './media-oracle.ts';
import { type RandomProjector, writeRandomProjector } from './random-projector.ts';

export interface CasePicture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Rows that it becomes. */
  readonly tokens: number;
  readonly place?: MediaPiece['place'];
  /** Format of the pixels for the oracle; absent = "rgb". */
  readonly kind?: string;
}

export interface EncoderCase {
  readonly name: string;
  readonly projector: RandomProjector;
  readonly pictures: readonly CasePicture[];
  /**
   * Another limit for attention as one operation, for families whose keys we visit in another order: its kernel rounds sums
   * to 16 bits as it goes. Absent = the same as without.
   */
  readonly flashTolerance?: number;
}

/** Of the root of the mean square: what the issue asks for; the usual difference is 0. */
export const SAME_SETTING = 1e-3;
/** Between attention as one operation, which rounds keys and values to 16 bits, and without. */
export const OTHER_SETTING_COSINE = 0.9999;
/** A few rows at a time may take another kernel, which adds in another order. */
export const IN_PARTS_COSINE = 0.99999;

/** No limits: everything in one graph, as the oracle does. */
export const inOneGraph: StageLimits = { seconds: 1000, bytes: Number.MAX_SAFE_INTEGER };
/** Small enough that every pass is cut; in bytes, because times differ. */
export const inParts: StageLimits = { seconds: 1000, bytes: 60_000 };

const never = async () => false;

/** Pictures of one size with different pixels: the whole one and two tiles. */
export function squares(size: number, tokens: number): CasePicture[] {
  return ['square', 'first tile', 'second tile'].map((name) => ({ name, width: size, height: size, tokens }));
}

/** Declares the tests of some families. */
export function testEncoders(group: string, cases: readonly EncoderCase[]): void {
  describe(group, () => {
    let folder: string;
    let ggml: Ggml;
    let oracle: Awaited<ReturnType<typeof mediaOracle>>;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'encoders-'));
      ggml = bindGgml(loadLibraries());
      checkLayout(ggml);
      oracle = await mediaOracle();
    }, ORACLE_BUILD_MS);
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it.for(cases)(
      '$name computes the rows of libmtmd',
      async ({ projector, pictures, flashTolerance }, context) => {
        if ('missing' in oracle) return skipWithout(oracle.missing, context);
        const path = join(folder, `${projector.type}.gguf`);
        await writeRandomProjector(path, projector);
        for (const [index, picture] of pictures.entries()) {
          const data = randomPixels(picture, index);
          const ours = (flash: boolean, limits: StageLimits) =>
            encode(ggml, path, picture, data, flash, limits);
          const { program } = oracle;
          const theirs = (attention: 'off' | 'on' | 'auto') =>
            encodeWithOracle(program, { mmproj: path, attention, kind: 'rgb', ...picture, data });
          const plain = await ours(false, inOneGraph);
          const usual = await theirs('auto');
          expect(usual.rows, picture.name).toBe(picture.tokens);
          expect(compare(plain, (await theirs('off')).values).most, picture.name).toBeLessThanOrEqual(
            SAME_SETTING,
          );
          const flash = await ours(true, inOneGraph);
          expect(compare(flash, (await theirs('on')).values).most, picture.name).toBeLessThanOrEqual(
            flashTolerance ?? SAME_SETTING,
          );
          expect(compare(plain, usual.values).cosine, picture.name).toBeGreaterThanOrEqual(
            OTHER_SETTING_COSINE,
          );
          const parts = await ours(false, inParts);
          expect(compare(parts, plain).cosine, picture.name).toBeGreaterThanOrEqual(IN_PARTS_COSINE);
        }
      },
    );
  });
}

function encode(
  ggml: Ggml,
  path: string,
  picture: CasePicture,
  data: Uint8Array,
  flash: boolean,
  limits: StageLimits,
): Promise<Float32Array> {
  return encodePiece(ggml, path, pieceOf(picture, data), data, flash, limits);
}

export async function encodePiece(
  ggml: Ggml,
  path: string,
  piece: MediaPiece,
  data: Uint8Array,
  flash: boolean,
  limits: StageLimits,
): Promise<Float32Array> {
  const facts = projectorFacts(await readGgufFile(path, { arrays: 'keep' }));
  if (!facts) throw new Error('not a projector');
  const projector = await GraphProjector.load(
    ggml,
    { path, tensors: facts.tensors },
    encodersOf(facts),
    traitsOf(facts),
    {
      threads: 1,
      flash,
      limits,
    },
  );
  try {
    expect(projector.rowWidth).toBe(facts.rowWidth);
    expect(projector.mostTokens).toBeGreaterThanOrEqual(piece.tokens);
    return await projector.encode(piece, data, never);
  } finally {
    projector.free();
  }
}

export function pieceOf({ width, height, tokens, place }: CasePicture, data: Uint8Array): MediaPiece {
  const digest = createHash('sha256').update(data).digest('hex');
  return { kind: 'image', digest, width, height, tokens, positions: tokens, ...(place && { place }) };
}

/** Soft gradients with noise: neighbouring pixels resemble each other, as in pictures. */
export function randomPixels({ width, height }: CasePicture, seed: number): Uint8Array {
  const random = seededRandom(seed + 1);
  const [red, green, blue] = [random(), random(), random()].map((value) => 1 + 5 * value);
  const waves = [red ?? 1, green ?? 1, blue ?? 1];
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at++) {
    const pixel = Math.floor(at / 3);
    const place = (pixel % width) / width + Math.floor(pixel / width) / height;
    data[at] = 128 + 90 * Math.sin(place * (waves[at % 3] ?? 1)) + 30 * random();
  }
  return data;
}
