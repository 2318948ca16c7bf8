/** The encoders of sound against libmtmd: the same random weights, the same mel spectrogram. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindGgml, checkLayout, type Ggml } from '../../../src/engine/graph/ggml.ts';
import { loadLibraries } from '../../../src/engine/native/libraries.ts';
import type { MediaPiece } from '../../../src/protocol/media.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { audioCases } from '../../oracle/audio-cases.ts';
import {
  encodePiece,
  IN_PARTS_COSINE,
  inOneGraph,
  inParts,
  OTHER_SETTING_COSINE,
  SAME_SETTING,
} from '../../oracle/encoder-cases.ts';
import { compare, encodeWithOracle, mediaOracle, ORACLE_BUILD_MS } from '../../oracle/media-oracle.ts';
import { writeRandomAudioProjector } from '../../oracle/random-audio-projector.ts';

/** Waves with noise, between the values that spectrograms have. */
function randomMel(frames: number, bins: number, seed: number): Uint8Array {
  const random = seededRandom(seed + 1);
  const wave = 1 + 5 * random();
  const values = Float32Array.from({ length: frames * bins }, (_, index) => {
    const [bin, frame] = [Math.floor(index / frames), index % frames];
    return 0.8 * Math.sin((wave * bin) / bins + (9 * frame) / frames) + 0.4 * (random() - 0.5);
  });
  return new Uint8Array(values.buffer);
}

describe('encoders of sound', () => {
  let folder: string;
  let ggml: Ggml;
  let oracle: Awaited<ReturnType<typeof mediaOracle>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sounds-'));
    ggml = bindGgml(loadLibraries());
    checkLayout(ggml);
    oracle = await mediaOracle();
  }, ORACLE_BUILD_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.for(audioCases)(
    '$projector.type computes the rows of libmtmd',
    async ({ projector, sounds }, context) => {
      if ('missing' in oracle) return skipWithout(oracle.missing, context);
      const { program } = oracle;
      const path = join(folder, `${projector.type}.gguf`);
      await writeRandomAudioProjector(path, projector);
      for (const [index, { frames, tokens }] of sounds.entries()) {
        const size = { width: frames, height: projector.melBins };
        const data = randomMel(frames, projector.melBins, index);
        const piece: MediaPiece = { kind: 'audio', digest: '', ...size, tokens, positions: tokens };
        const theirs = (attention: 'off' | 'on' | 'auto') =>
          encodeWithOracle(program, { mmproj: path, attention, kind: 'mel', ...size, data });
        const what = `${frames} frames`;
        const plain = await encodePiece(ggml, path, piece, data, false, inOneGraph);
        const usual = await theirs('auto');
        expect(usual.rows, what).toBe(tokens);
        expect(compare(plain, (await theirs('off')).values).most, what).toBeLessThanOrEqual(SAME_SETTING);
        const flash = await encodePiece(ggml, path, piece, data, true, inOneGraph);
        expect(compare(flash, (await theirs('on')).values).most, what).toBeLessThanOrEqual(SAME_SETTING);
        expect(compare(plain, usual.values).cosine, what).toBeGreaterThanOrEqual(OTHER_SETTING_COSINE);
        // Cutting it takes long, so it is done with the shortest sound.
        if (index > 0) continue;
        const parts = await encodePiece(ggml, path, piece, data, false, inParts);
        expect(compare(parts, plain).cosine, what).toBeGreaterThanOrEqual(IN_PARTS_COSINE);
      }
    },
  );
});
