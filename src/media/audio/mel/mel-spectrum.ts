import type { MelFilter } from './mel-filters.ts';
import { RealFft } from './real-fft.ts';

/** The strength of each mel bin over time: `bins` rows of `frames` values. */
export interface MelSpectrum {
  readonly frames: number;
  readonly bins: number;
  readonly data: Float32Array;
}

export interface SpectrumOptions {
  /** What the samples of a frame are multiplied with; its length is that of the Fourier transform. */
  readonly window: Float64Array;
  /** Samples from the start of a frame to that of the next one. */
  readonly hop: number;
  readonly filters: readonly MelFilter[];
  readonly amount: 'power' | 'magnitude';
  /** The least strength of a bin, before its logarithm is taken. */
  readonly floor: number;
  readonly logarithm: (value: number) => number;
}

/** The logarithmic mel spectrum of as many whole frames as there are; the caller has put silence around the sound. */
export function melSpectrum(samples: Float32Array, options: SpectrumOptions): MelSpectrum {
  const { window, hop, filters, floor, logarithm } = options;
  const frames = Math.max(0, Math.trunc((samples.length - window.length) / hop) + 1);
  const data = new Float32Array(frames * filters.length);
  const fft = new RealFft(window.length);
  const input = new Float64Array(window.length);
  const strengths = new Float64Array(window.length / 2 + 1);
  for (let frame = 0; frame < frames; frame++) {
    for (let index = 0; index < window.length; index++) {
      input[index] = (samples[frame * hop + index] as number) * (window[index] as number);
    }
    fft.transform(input);
    measure(fft, strengths, options.amount);
    for (const [bin, { first, weights }] of filters.entries()) {
      let sum = 0;
      for (let index = 0; index < weights.length; index++) {
        sum += (strengths[first + index] as number) * (weights[index] as number);
      }
      data[bin * frames + frame] = logarithm(Math.max(sum, floor));
    }
  }
  return { frames, bins: filters.length, data };
}

function measure(
  { real, imaginary }: RealFft,
  strengths: Float64Array,
  amount: SpectrumOptions['amount'],
): void {
  for (let index = 0; index < strengths.length; index++) {
    const power = (real[index] as number) ** 2 + (imaginary[index] as number) ** 2;
    strengths[index] = amount === 'power' ? power : Math.sqrt(power);
  }
}

/** A periodic Hann window of `length` samples at the start of a frame, and nothing behind it. */
export function hannWindow(length: number, fft: number): Float64Array {
  return Float64Array.from({ length: fft }, (_, index) =>
    index < length ? 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / length) : 0,
  );
}

/** A part of the frames; those behind the end are filled with zeros. */
export function framesOf({ frames, bins, data }: MelSpectrum, first: number, count: number): MelSpectrum {
  const part = new Float32Array(bins * count);
  for (let bin = 0; bin < bins; bin++) {
    const row = bin * frames;
    part.set(data.subarray(row + first, row + Math.min(frames, first + count)), bin * count);
  }
  return { frames: count, bins, data: part };
}
