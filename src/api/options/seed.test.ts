import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';
import { foldSeed } from './seed.ts';

describe('a seed', () => {
  it('below 2^32 is used as it is', () => {
    for (const seed of [0, 1, 42, 2 ** 31, 2 ** 32 - 1]) expect(foldSeed(seed)).toBe(seed);
  });

  it.each(['9007199254740992', '1152921504606846976', '9223372036854775807', '18446744073709551615'])(
    'of %s, as JSON has it, becomes 32 bits, the same each time',
    (text) => {
      const { seed = -2 } = parseOptions({ seed: JSON.parse(text) as number });
      const folded = foldSeed(seed);
      expect(Number.isInteger(folded) && folded >= 0 && folded < 2 ** 32).toBe(true);
      expect(foldSeed(seed)).toBe(folded);
    },
  );

  it('of 63 bits keeps what JSON leaves of it', () => {
    const seeds = Array.from({ length: 1000 }, (_, index) => foldSeed(2 ** 62 + index * 2 ** 10));
    expect(new Set(seeds).size).toBe(1000);
  });

  it('that is negative stays random', () => {
    for (const seed of [-1, -2, -(2 ** 63)]) expect(foldSeed(parseOptions({ seed }).seed ?? 0)).toBe(-1);
  });

  it('of more than 64 bits is refused', () => {
    expect(() => parseOptions({ seed: 2 ** 65 })).toThrow('option "seed" must be between');
  });
});
