import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { noise } from '../../../../test/fakes/media/noise-picture.ts';
import { gemma4Mel, qwen3Mel, whisperMel } from './families.ts';

interface Reference {
  readonly name: 'whisper' | 'qwen3a' | 'gemma4a';
  readonly bins: number;
  readonly samples: number;
  readonly frames: readonly number[];
  /** Every seventh frame of the first 110, bin by bin: 32-bit floats. */
  readonly every7th: string;
}

const fixture = new URL('../../../../test/fixtures/media/mel.json', import.meta.url);
const references: readonly Reference[] = JSON.parse(readFileSync(fixture, 'utf8'));
const families = { whisper: whisperMel, qwen3a: qwen3Mel, gemma4a: gemma4Mel };
/** What the task allows for each bin. */
const TOLERANCE = 1e-4;

/** Noise, loud in its first half and quiet in the second. */
function sound(length: number): Float32Array {
  const values = noise();
  return Float32Array.from({ length }, (_, index) => {
    const value = Math.fround((values.next().value >>> 8) / 2 ** 23 - 1);
    return index < length / 2 ? value : value / 1024;
  });
}

describe('mel spectrograms', () => {
  it.each(references)("equal llama.cpp's: $name, $bins bins, $samples samples", (reference) => {
    const pieces = families[reference.name](sound(reference.samples), reference.bins);
    expect(pieces.map(({ frames }) => frames)).toEqual(reference.frames);
    const [first] = pieces;
    if (!first) throw new Error('no piece');
    const expected = Buffer.from(reference.every7th, 'base64');
    let at = 0;
    let worst = 0;
    for (let frame = 0; frame < Math.min(first.frames, 110); frame += 7) {
      for (let bin = 0; bin < reference.bins; bin++, at += 4) {
        const value = first.data[bin * first.frames + frame] ?? Number.NaN;
        worst = Math.max(worst, Math.abs(value - expected.readFloatLE(at)));
      }
    }
    expect(at).toBeGreaterThan(4 * reference.bins);
    expect(worst).toBeLessThan(TOLERANCE);
  });

  it('make one piece of exactly 30 s of sound, and two of one sample more', () => {
    expect(whisperMel(new Float32Array(480_000), 80)).toHaveLength(1);
    expect(whisperMel(new Float32Array(480_001), 80)).toHaveLength(2);
  });
});
