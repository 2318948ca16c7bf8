import { readdirSync, readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { requireFormat } from '../media-format.ts';
import { decodeAudio } from './decode-audio.ts';

const folder = new URL('../../../test/fixtures/media/sounds/', import.meta.url);
const names = readdirSync(folder).filter((name) => !name.endsWith('.zlib'));

const read = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));

function expected(name: string) {
  const bytes = inflateSync(readFileSync(new URL(`${name}.f32.zlib`, folder)));
  const samples = Array.from({ length: bytes.length / 4 - 1 }, (_, index) =>
    bytes.readFloatLE(4 + index * 4),
  );
  return { rate: bytes.readUInt32LE(0), samples };
}

/** The most that a sample may differ from libsndfile's: rounding, or the arithmetic of another MP3 decoder. */
const tolerance = (name: string) => (name.endsWith('.mp3') ? 1e-4 : 1e-6);

describe('decodeAudio', () => {
  it.each(names)('reads %s as libsndfile does', async (name) => {
    const bytes = read(name);
    const sound = await decodeAudio(requireFormat(bytes) as Parameters<typeof decodeAudio>[0], bytes);
    const reference = expected(name);
    expect(sound.rate).toBe(reference.rate);
    expect(sound.samples.length).toBe(reference.samples.length);
    let worst = 0;
    for (const [index, value] of reference.samples.entries()) {
      worst = Math.max(worst, Math.abs(value - (sound.samples[index] ?? Number.NaN)));
    }
    expect(worst).toBeLessThanOrEqual(tolerance(name));
  });
});
