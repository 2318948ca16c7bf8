import { describe, expect, it } from 'vitest';
import { resample } from './resample.ts';

const RATE = 16_000;

const tone = (rate: number, hertz: number, seconds = 0.2) =>
  Float32Array.from({ length: rate * seconds }, (_, index) => Math.sin((2 * Math.PI * hertz * index) / rate));

/** The ends of a sound have silence beside them, which the filter mixes in. */
const middle = (samples: Float32Array) => samples.subarray(400, samples.length - 400);

const worst = (samples: Float32Array) => samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('resample', () => {
  it.each([8000, 11_025, 22_050, 44_100, 48_000, 96_000])('keeps a tone of %d Hz as it is', (rate) => {
    const { samples } = resample({ rate, samples: tone(rate, 1000) }, RATE);
    const reference = tone(RATE, 1000);
    expect(samples.length).toBe(reference.length);
    const difference = samples.map((value, index) => value - (reference[index] as number));
    expect(worst(middle(difference))).toBeLessThan(1e-4);
  });

  it('removes what the lower rate cannot hold', () => {
    const { samples } = resample({ rate: 48_000, samples: tone(48_000, 9000) }, RATE);
    expect(worst(middle(samples))).toBeLessThan(1e-4);
  });

  it('leaves sound of the same rate alone', () => {
    const samples = tone(RATE, 1000);
    expect(resample({ rate: RATE, samples }, RATE).samples).toBe(samples);
  });
});
