/**
 * Operations on 16-bit floats that look at two of them at a time. "BF16" is the upper half of a 32-bit float; "F16" has a
 * smaller exponent, so that large numbers become infinite.
 */

/** Exponents of two BF16 numbers, and what adding 1 to an exponent of ones carries into. */
const BF16_EXPONENTS = 0x7f80_7f80;
const BF16_LAST = 0x0080_0080;
const CARRIES = 0x8000_8000;
const BF16_INFINITY = 0x7f80;
/** Marks a quiet NaN. */
const BF16_QUIET = 0x0040;

/** For two numbers without signs: BF16 of the least number that F16 holds with all its digits, 2^-14. */
const BF16_OF_LEAST_F16 = 0x3880_3880;
/** The F16 of it. */
const F16_LEASTS = 0x0400_0400;
const WITHOUT_SIGNS = 0x7fff_7fff;
/** Added to a difference to 2^-14, carries into the bits below when the number is 2^16 or more. */
const BEYOND_F16 = 0x0100_0100;
const NOT_IN_RANGE = 0xf000_f000;

const F16_EXPONENT = 0x7c00;
const F16_LAST = 0x0400;
/** The same for two F16 numbers at a time: what the lower one carries stays in its own half. */
const F16_EXPONENTS = 0x7c00_7c00;
const F16_LASTS = 0x0400_0400;
/** For 32-bit floats. */
const F32_EXPONENT = 0x7f80_0000;
const F32_LAST = 0x0080_0000;
const CARRY = 0x8000;
const WITHOUT_SIGN = 0x7fff;

/**
 * Makes each NaN a quiet one, as llama.cpp's converter does with BF16 that it copies. Begins at a multiple of 4 bytes.
 * @returns how many numbers are infinite or NaN
 */
export function quietBf16(words: Uint16Array): number {
  const pairs = new Int32Array(words.buffer, words.byteOffset, words.length >> 1);
  let specials = 0;
  for (let index = 0; index < pairs.length; index++) {
    const exponents = (pairs[index] ?? 0) & BF16_EXPONENTS;
    if (((exponents + BF16_LAST) & CARRIES) !== 0) specials += quietRange(words, 2 * index, 2 * index + 2);
  }
  return words.length % 2 === 1 ? specials + quietRange(words, words.length - 1, words.length) : specials;
}

function quietRange(words: Uint16Array, start: number, end: number): number {
  let specials = 0;
  for (let index = start; index < end; index++) {
    const word = words[index] ?? 0;
    if (isFiniteBf16(word)) continue;
    specials += 1;
    if ((word & WITHOUT_SIGN) > BF16_INFINITY) words[index] = word | BF16_QUIET;
  }
  return specials;
}

/**
 * Turns BF16 into F16. Numbers that are neither small nor large for F16 keep their bits at another place, two at a time; for
 * others, `table` has the F16 of each BF16. Both arrays begin at a multiple of 4 bytes.
 * @returns whether any of the results that the table gave is infinite or not a number
 */
export function bf16ToF16(source: Uint16Array, target: Uint16Array, table: Uint16Array): boolean {
  const from = new Int32Array(source.buffer, source.byteOffset, source.length >> 1);
  const to = new Int32Array(target.buffer, target.byteOffset, source.length >> 1);
  let carries = 0;
  for (let index = 0; index < from.length; index++) {
    const pair = from[index] ?? 0;
    const numbers = ((pair & WITHOUT_SIGNS) - BF16_OF_LEAST_F16) | 0;
    if (((numbers | (numbers + BEYOND_F16)) & NOT_IN_RANGE) === 0) {
      to[index] = ((numbers << 3) + F16_LEASTS) | (pair & CARRIES);
      continue;
    }
    const low = table[pair & 0xffff] ?? 0;
    const high = table[pair >>> 16] ?? 0;
    to[index] = low | (high << 16);
    carries |= ((low & F16_EXPONENT) + F16_LAST) | ((high & F16_EXPONENT) + F16_LAST);
  }
  if (source.length % 2 === 1) {
    const half = table[source[source.length - 1] ?? 0] ?? 0;
    target[source.length - 1] = half;
    carries |= (half & F16_EXPONENT) + F16_LAST;
  }
  return (carries & CARRY) !== 0;
}

/** Whether any of the numbers is infinite or NaN. The array begins at a multiple of 4 bytes. */
export function hasSpecialF16(words: Uint16Array): boolean {
  const pairs = new Int32Array(words.buffer, words.byteOffset, words.length >> 1);
  let carries = sumsOfExponents(pairs, F16_EXPONENTS, F16_LASTS);
  if (words.length % 2 === 1) carries |= ((words[words.length - 1] ?? 0) & F16_EXPONENT) + F16_LAST;
  return (carries & CARRIES) !== 0;
}

/** Whether any of the numbers is infinite or NaN. */
export function hasSpecialF32(floats: Float32Array): boolean {
  const bits = new Int32Array(floats.buffer, floats.byteOffset, floats.length);
  return sumsOfExponents(bits, F32_EXPONENT, F32_LAST) < 0;
}

/** @returns the bits of all sums of the exponents and what an exponent of ones carries with; four at a time take half as long */
function sumsOfExponents(bits: Int32Array, exponents: number, last: number): number {
  const whole = bits.length - (bits.length % 4);
  let sums = 0;
  for (let index = 0; index < whole; index += 4) {
    sums |=
      (((bits[index] as number) & exponents) + last) |
      (((bits[index + 1] as number) & exponents) + last) |
      (((bits[index + 2] as number) & exponents) + last) |
      (((bits[index + 3] as number) & exponents) + last);
  }
  for (let index = whole; index < bits.length; index++) sums |= ((bits[index] as number) & exponents) + last;
  return sums;
}

/** Counts the numbers that are infinite or NaN. */
export function countSpecials(count: number, isNumber: (index: number) => boolean): number {
  let specials = 0;
  for (let index = 0; index < count; index++) if (!isNumber(index)) specials += 1;
  return specials;
}

/** Counts the numbers that became infinite although they were not. */
export function countOverflows(target: Uint16Array, wasFinite: (index: number) => boolean): number {
  let count = 0;
  for (let index = 0; index < target.length; index++) {
    const isInfinite = ((target[index] ?? 0) & WITHOUT_SIGN) === F16_EXPONENT;
    if (isInfinite && wasFinite(index)) count += 1;
  }
  return count;
}

export function isFiniteBf16(word: number): boolean {
  return (word & BF16_INFINITY) !== BF16_INFINITY;
}

export function isFiniteF16(word: number): boolean {
  return (word & F16_EXPONENT) !== F16_EXPONENT;
}
