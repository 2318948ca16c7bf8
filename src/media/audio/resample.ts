import type { Sound } from './sound.ts';

/** Zero crossings of the filter to each side, at the lower of the two rates. */
const CROSSINGS = 24;
/** Where the filter begins to fall, as a part of half the lower rate: what is above would be heard as another tone. */
const CUTOFF = 0.94;
/** Kaiser's shape parameter: what is filtered out is left by less than 100 dB, which is less than the noise of 16 bits. */
const BETA = 10;

/**
 * Changes the rate of sound by a windowed sinc filter (Kaiser window, beta 10, 24 zero crossings to each side): frequencies up
 * to 0.94 of half the lower rate pass, and those above it are removed. The filter is computed once for each of the places that
 * a new sample may have between two old ones.
 */
export function resample({ rate: from, samples }: Sound, rate: number): Sound {
  if (from === rate) return { rate, samples };
  const divisor = greatestCommonDivisor(from, rate);
  const up = rate / divisor;
  const down = from / divisor;
  const { taps, reach } = filterFor(up, down);
  const width = 2 * reach;
  const result = new Float32Array(Math.max(1, Math.round((samples.length * up) / down)));
  for (let index = 0; index < result.length; index++) {
    const place = index * down;
    const middle = Math.trunc(place / up);
    const row = (place % up) * width;
    const first = middle - reach + 1;
    const start = Math.max(0, -first);
    const end = Math.min(width, samples.length - first);
    let sum = 0;
    for (let tap = start; tap < end; tap++)
      sum += (samples[first + tap] as number) * (taps[row + tap] as number);
    result[index] = sum;
  }
  return { rate, samples: result };
}

/** @returns for each of `up` places between two samples, the weights of the `2 * reach` samples around it */
function filterFor(up: number, down: number): { readonly taps: Float32Array; readonly reach: number } {
  const stretch = Math.max(1, down / up);
  const reach = Math.ceil(CROSSINGS * stretch);
  const width = 2 * reach;
  const taps = new Float32Array(up * width);
  for (let place = 0; place < up; place++) {
    let sum = 0;
    for (let tap = 0; tap < width; tap++) {
      const distance = (tap - reach + 1 - place / up) / stretch;
      const weight = sinc(distance * CUTOFF) * kaiser(distance / CROSSINGS);
      taps[place * width + tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < width; tap++)
      taps[place * width + tap] = (taps[place * width + tap] as number) / sum;
  }
  return { taps, reach };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Kaiser's window at a place from -1 to 1. */
function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / BESSEL_OF_BETA;
}

/** The modified Bessel function of the first kind and order zero, by its power series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let index = 1; term > sum * 1e-12; index++) {
    term *= (x / (2 * index)) ** 2;
    sum += term;
  }
  return sum;
}

const BESSEL_OF_BETA = bessel(BETA);

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
