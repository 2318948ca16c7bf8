/** Damaged pictures and sound: each becomes a clear error, or a picture or sound within the limits. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mp3Numbers } from '../../test/fakes/media/mp3-numbers.ts';
import { mutated, type NumberField } from '../../test/fakes/random/mutations.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { OllamaError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import { decodeAudio } from './audio/decode-audio.ts';
import { decodeImage } from './image/decode-image.ts';
import { MAX_PIXELS, MAX_SECONDS } from './limits.ts';
import { isAudio, requireFormat } from './media-format.ts';

const ROUNDS = rounds({ change: 400, long: 10_000, nightly: 100_000 });
/** Each starts its decoder, which takes 10 ms. */
const MP3_ROUNDS = rounds({ change: 100, long: 1000, nightly: 10_000 });
/** What all of it may add to the memory of the process: a few pictures that wait for the garbage collector. */
const MOST_GROWTH = 1024 * MIB;

const root = new URL('../../test/fixtures/media/', import.meta.url);
const files = ['pictures', 'sounds'].flatMap((folder) =>
  readdirSync(new URL(folder, root))
    .filter((name) => !name.endsWith('.zlib'))
    .map((name) => `${folder}/${name}`),
);

async function check(bytes: Uint8Array): Promise<'accepted' | 'refused'> {
  try {
    const format = requireFormat(bytes);
    if (isAudio(format)) {
      const { rate, samples } = await decodeAudio(format, bytes);
      expect(samples.length / rate).toBeLessThanOrEqual(MAX_SECONDS);
      expect(samples.every(Number.isFinite)).toBe(true);
    } else {
      const { width, height, data } = decodeImage(format, bytes);
      expect(width * height).toBeLessThanOrEqual(MAX_PIXELS);
      expect(data.length).toBe(width * height * 3);
    }
    return 'accepted';
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    expect(error.code).toBe('invalid-request');
    expect(error.message).toMatch(/^the /);
    return 'refused';
  }
}

interface Damage {
  readonly files: readonly Uint8Array[];
  readonly count: number;
  readonly numbers?: (file: Uint8Array) => readonly NumberField[];
}

async function checkDamaged({ files, count, numbers = () => [] }: Damage) {
  const counts = { accepted: 0, refused: 0 };
  const sources = files.map((bytes) => ({ bytes, numbers: numbers(bytes) }));
  for (let round = 0; round < count; round++) {
    const random = seededRandom(seedFrom(1000) + round);
    const source = sources[round % sources.length];
    if (source) counts[await check(mutated(source.bytes, random, source.numbers))] += 1;
  }
  return counts;
}

const read = (path: string) => new Uint8Array(readFileSync(new URL(path, root)));

describe('damaged files', () => {
  it(`are refused or read, ${ROUNDS} of them`, { timeout: 600_000 }, async () => {
    const before = process.memoryUsage().rss;
    const counts = await checkDamaged({ files: files.map(read), count: ROUNDS });
    expect(counts.accepted).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(ROUNDS / 4);
    expect(process.memoryUsage().rss - before).toBeLessThan(MOST_GROWTH);
  });

  it(`of MP3 are refused or read when their frames lie, ${MP3_ROUNDS} of them`, {
    timeout: 600_000,
  }, async () => {
    const sounds = ['sounds/mono.mp3', 'sounds/stereo.mp3'].map(read);
    for (const sound of sounds) expect(mp3Numbers(sound).length).toBeGreaterThan(30);
    const counts = await checkDamaged({ files: sounds, count: MP3_ROUNDS, numbers: mp3Numbers });
    expect(counts.accepted).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(0);
  });
});
