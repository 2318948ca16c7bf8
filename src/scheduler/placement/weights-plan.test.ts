import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '../../base/units.ts';
import { planWeights, type WeightsFacts } from './weights-plan.ts';

const usual: WeightsFacts = {
  useMmap: undefined,
  usesGpu: false,
  hugePages: 'available',
  isMappedElsewhere: false,
  bytes: 4 * GIB,
  freeBytes: 16 * GIB,
  laterBytes: GIB,
};

describe('planWeights', () => {
  it('reads weights into huge pages where memory allows', () => {
    expect(planWeights(usual)).toEqual({
      useMmap: false,
      hugePages: true,
      reason: 'there is enough free memory',
    });
  });

  it.each<[string, Partial<WeightsFacts>, RegExp]>([
    ['the setting is off', { hugePages: 'off' }, /OLLAMA_HUGE_PAGES/],
    ['the system has no huge pages', { hugePages: 'unsupported' }, /no huge pages/],
    ['a GPU is used', { usesGpu: true }, /GPU/],
    ['another runner maps the file', { isMappedElsewhere: true }, /another runner/],
    ['memory is short', { freeBytes: 4 * GIB }, /not enough free memory/],
    ['the request says so', { useMmap: true }, /use_mmap/],
    ['the request says so although nothing else speaks for it', { ...usual, useMmap: true }, /use_mmap/],
  ])('maps weights as before when %s', (_, facts, reason) => {
    expect(planWeights({ ...usual, ...facts })).toEqual({
      useMmap: true,
      hugePages: false,
      reason: expect.stringMatching(reason),
    });
  });

  it('keeps a tenth of the estimate, the memory for idle conversations, and half a gibibyte free', () => {
    const least = 4.4 * GIB + GIB + 512 * MIB;
    const isMapped = (freeBytes: number) => planWeights({ ...usual, freeBytes }).useMmap;
    expect([isMapped(least - MIB), isMapped(least + MIB)]).toEqual([true, false]);
  });

  it.each<[string, Partial<WeightsFacts>, boolean]>([
    ['in huge pages, even where memory is short', { freeBytes: 0, isMappedElsewhere: true }, true],
    ['without huge pages where the setting is off', { hugePages: 'off' }, false],
    ['without huge pages where the system has none', { hugePages: 'unsupported' }, false],
    ['without huge pages beside a GPU', { usesGpu: true }, false],
  ])('reads weights if the request says so: %s', (_, facts, hugePages) => {
    expect(planWeights({ ...usual, ...facts, useMmap: false })).toMatchObject({ useMmap: false, hugePages });
  });
});
