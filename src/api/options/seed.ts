/** Seeds are 64-bit integers, of which Ollama's clients use 63 bits, while the samplers take 32. */
export const MIN_SEED = -(2 ** 63);
export const MAX_SEED = 2 ** 64;

const UINT32_VALUES = 2 ** 32;

/**
 * Folds a seed to 32 bits. JSON numbers beyond 2^53 have lost their lowest bits, which a remainder alone would consist of;
 * both halves together still tell apart what the client could.
 * @returns -1 for every negative seed, which means a random one each time; a seed below 2^32 as it is
 */
export function foldSeed(seed: number): number {
  if (seed < 0) return -1;
  const high = Math.floor(seed / UINT32_VALUES);
  return ((seed % UINT32_VALUES) ^ high) >>> 0;
}
