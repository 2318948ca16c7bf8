/** What becomes of sound before the encoder, against libmtmd: texts, pieces, tokens, and each mel bin. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import { projectorFacts } from '../../../src/gguf/projector-facts.ts';
import { audioLayoutFor } from '../../../src/media/layouts/audio.ts';
import { noise } from '../../fakes/media/noise-picture.ts';
import { tinyVocabulary } from '../../fakes/media/tiny-vocabulary.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { audioCases } from '../../oracle/audio-cases.ts';
import { mediaOracle, ORACLE_BUILD_MS } from '../../oracle/media-oracle.ts';
import { prepareSoundWithOracle } from '../../oracle/prepare-sound.ts';
import { writeRandomAudioProjector } from '../../oracle/random-audio-projector.ts';

/** What the issue asks for, of each mel bin. */
const TOLERANCE = 1e-4;
/** Samples: a hundredth of a second, three seconds, and a bit more than one piece of each family. */
const lengths = [700, 48_000, 500_000];

/** Noise, which is loud and quiet in turn. */
function sound(length: number): Float32Array {
  const values = noise(length);
  return Float32Array.from({ length }, (_, index) => {
    const loudness = 10 ** (-3 * ((index / 4000) % 1));
    return loudness * (values.next().value / 2 ** 31 - 1);
  });
}

describe('layouts of sound', () => {
  let folder: string;
  let oracle: Awaited<ReturnType<typeof mediaOracle>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sounds-'));
    await writeFile(join(folder, 'llama'), tinyVocabulary('llama'));
    oracle = await mediaOracle();
  }, ORACLE_BUILD_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.for(audioCases)('$projector.type prepares as libmtmd does', async ({ projector }, context) => {
    if ('missing' in oracle) return skipWithout(oracle.missing, context);
    const mmproj = join(folder, `${projector.type}.gguf`);
    await writeRandomAudioProjector(mmproj, projector);
    const facts = projectorFacts(await readGgufFile(mmproj, { arrays: 'keep' }));
    if (!facts) throw new Error('not a projector');
    for (const length of lengths) {
      const samples = sound(length);
      const textModel = join(folder, 'llama');
      const theirs = await prepareSoundWithOracle(oracle.program, { mmproj, textModel, samples });
      const ours = audioLayoutFor(facts).prepareSound(samples);
      expect(ours.map(partOfOurs), `${length} samples`).toEqual(
        theirs.parts.map(({ text, pieces, tokens }) => (text === undefined ? [pieces?.[0], tokens] : text)),
      );
      const values = ours.flatMap((part) => ('data' in part ? [...floatsOf(part.data)] : []));
      expect(values.length).toBe(theirs.values.length);
      let worst = 0;
      for (const [index, value] of theirs.values.entries()) {
        worst = Math.max(worst, Math.abs(value - (values[index] ?? Number.NaN)));
      }
      expect(worst, `${length} samples`).toBeLessThanOrEqual(TOLERANCE);
    }
  });
});

type Part = ReturnType<ReturnType<typeof audioLayoutFor>['prepareSound']>[number];

function partOfOurs(part: Part) {
  if ('text' in part) return part.text;
  const { width, height, tokens } = part.piece;
  return [{ width, height }, tokens];
}

function floatsOf(data: Uint8Array): Float32Array {
  return new Float32Array(data.buffer, data.byteOffset, data.byteLength / Float32Array.BYTES_PER_ELEMENT);
}
