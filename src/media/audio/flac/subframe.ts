import { unusable } from '../../unusable.ts';
import type { BitReader } from './bit-reader.ts';

/** The predictors without coefficients of their own: differences of a rising order (RFC 9639, section 9.2.5). */
const fixedCoefficients = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];
const CONSTANT = 0;
const VERBATIM = 1;
const FIRST_FIXED = 8;
const LAST_FIXED = 12;
const FIRST_LINEAR = 32;

const damaged = () => unusable('the FLAC file is damaged');

/**
 * Reads the samples of one channel in one frame (RFC 9639, section 9.2).
 * @param depth bits of one sample
 * @param samples receives the values; its length is the number of samples
 */
export function readSubframe(bits: BitReader, depth: number, samples: Float64Array): void {
  if (bits.read(1) !== 0) throw damaged();
  const type = bits.read(6);
  // Low bits that are zero in all samples are left out.
  const wasted = bits.read(1) === 0 ? 0 : bits.unary() + 1;
  const width = depth - wasted;
  if (width < 1) throw damaged();
  if (type === CONSTANT) samples.fill(bits.signed(width));
  else if (type === VERBATIM)
    for (let index = 0; index < samples.length; index++) samples[index] = bits.signed(width);
  else if (type >= FIRST_FIXED && type <= LAST_FIXED) {
    const coefficients = fixedCoefficients[type - FIRST_FIXED] as number[];
    readStart(bits, width, samples, coefficients.length);
    readResidual(bits, samples, coefficients.length);
    predict(samples, coefficients, 0);
  } else if (type >= FIRST_LINEAR) readLinear(bits, width, samples, type - FIRST_LINEAR + 1);
  else throw damaged();
  bits.check();
  if (wasted > 0)
    for (let index = 0; index < samples.length; index++)
      samples[index] = (samples[index] as number) * 2 ** wasted;
}

function readLinear(bits: BitReader, width: number, samples: Float64Array, order: number): void {
  readStart(bits, width, samples, order);
  const precision = bits.read(4) + 1;
  const shift = bits.signed(5);
  if (precision === 16 || shift < 0) throw damaged();
  const coefficients = Array.from({ length: order }, () => bits.signed(precision));
  readResidual(bits, samples, order);
  predict(samples, coefficients, shift);
}

/** The first samples, which have too few before them to be predicted. */
function readStart(bits: BitReader, width: number, samples: Float64Array, order: number): void {
  if (order > samples.length) throw damaged();
  for (let index = 0; index < order; index++) samples[index] = bits.signed(width);
}

/** Differences to the prediction, in Rice codes with a parameter for each part of the frame (section 9.2.7). */
function readResidual(bits: BitReader, samples: Float64Array, order: number): void {
  const method = bits.read(2);
  if (method > 1) throw damaged();
  const parameterBits = method === 0 ? 4 : 5;
  const escaped = 2 ** parameterBits - 1;
  const partitions = 2 ** bits.read(4);
  const length = samples.length / partitions;
  if (!Number.isInteger(length) || length < order) throw damaged();
  for (let partition = 0, index = order; partition < partitions; partition++) {
    const end = (partition + 1) * length;
    const parameter = bits.read(parameterBits);
    if (parameter === escaped) {
      const rawBits = bits.read(5);
      for (; index < end; index++) samples[index] = bits.signed(rawBits);
    } else for (; index < end; index++) samples[index] = riceCode(bits, parameter);
    bits.check();
  }
}

function riceCode(bits: BitReader, parameter: number): number {
  const folded = bits.unary() * 2 ** parameter + bits.read(parameter);
  return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
}

/** Adds to each difference what the samples before it predict. */
function predict(samples: Float64Array, coefficients: readonly number[], shift: number): void {
  const divisor = 2 ** shift;
  const order = coefficients.length;
  for (let index = order; index < samples.length; index++) {
    let sum = 0;
    for (let back = 0; back < order; back++)
      sum += (coefficients[back] as number) * (samples[index - 1 - back] as number);
    samples[index] = (samples[index] as number) + Math.floor(sum / divisor);
  }
}
