/** Speeds of types on kinds of processors, for machines on which nobody has run `ollama bench --types`. */
import type { InstructionSet } from './processor.ts';
import type { TypeSpeed } from './speed-table.ts';

const speed = (decode: number, prefill: number): TypeSpeed => ({ decode, prefill });

/**
 * Tokens per second of processor time with one thread: a llama model of random weights with 180 million parameters whose
 * rows fit the blocks of every type, libraries of 0.5.0, AMD EPYC (Zen 4).
 */
const avx512: Readonly<Record<string, TypeSpeed>> = {
  Q4_0: speed(106, 410),
  Q4_1: speed(66, 154),
  Q5_0: speed(73, 257),
  Q5_1: speed(68, 130),
  Q8_0: speed(79, 327),
  Q2_K: speed(107, 241),
  Q3_K_M: speed(89, 218),
  Q4_K_S: speed(95, 367),
  Q4_K_M: speed(97, 366),
  Q5_K_M: speed(82, 155),
  Q6_K: speed(88, 215),
  IQ4_NL: speed(97, 393),
  IQ4_XS: speed(86, 465),
  IQ3_S: speed(43, 435),
  F16: speed(52, 141),
  BF16: speed(48, 246),
};

/** The same on the same processor, with the library that is built for AVX2. */
const avx2: Readonly<Record<string, TypeSpeed>> = {
  Q4_0: speed(79, 285),
  Q4_1: speed(58, 156),
  Q5_0: speed(58, 176),
  Q5_1: speed(57, 120),
  Q8_0: speed(59, 245),
  Q2_K: speed(73, 207),
  Q3_K_M: speed(74, 208),
  Q4_K_S: speed(82, 316),
  Q4_K_M: speed(84, 306),
  Q5_K_M: speed(70, 160),
  Q6_K: speed(71, 190),
  IQ4_NL: speed(83, 288),
  IQ4_XS: speed(68, 331),
  IQ3_S: speed(41, 302),
  F16: speed(52, 147),
  BF16: speed(47, 147),
};

const known = new Map<InstructionSet, ReadonlyMap<string, TypeSpeed>>([
  ['avx512-vnni', new Map(Object.entries(avx512))],
  ['avx2', new Map(Object.entries(avx2))],
]);

/** @returns undefined where nobody has measured */
export function knownSpeeds(instructions: InstructionSet): ReadonlyMap<string, TypeSpeed> | undefined {
  return known.get(instructions);
}

/**
 * Types of which llama.cpp keeps a rearranged copy in memory on ARM, which several rows are computed from at once
 * (`ggml_repack_get_optimal_repack_type` in ggml/src/ggml-cpu/repack.cpp, with NEON and the dot product instructions).
 */
const rearrangedOnArm: readonly string[] = [
  ...['Q4_0', 'Q4_K_S', 'Q4_K_M', 'Q5_K_S', 'Q5_K_M', 'Q6_K', 'Q8_0', 'IQ4_NL', 'MXFP4'],
];
/** Plain integer types of which it keeps none. */
const asStoredOnArm: readonly string[] = ['Q4_1', 'Q5_0', 'Q5_1'];

/**
 * What replaces a type without a fast kernel on a processor that nobody has measured.
 * @returns undefined when the type has one, or nothing is known
 */
export function rearrangedInstead(name: string, instructions: InstructionSet): string | undefined {
  if (instructions !== 'arm-dotprod' || !asStoredOnArm.includes(name)) return undefined;
  return rearrangedOnArm.find((other) => other.startsWith(name.slice(0, 2)) && other.endsWith('_K_M'));
}
