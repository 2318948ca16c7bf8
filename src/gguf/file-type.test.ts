import { describe, expect, it } from 'vitest';
import { fileTypeOf } from './file-type.ts';
import type { GgufTensor, GgufValue } from './types.ts';

const numbers: Readonly<Record<string, number>> = {
  F32: 0,
  F16: 1,
  Q8_0: 7,
  Q4_K_M: 15,
  BF16: 32,
  MXFP4: 38,
};

/** @param tensors type and shape of each */
function typeOf(declared: string | undefined, tensors: readonly (readonly [string, number[]])[]): string {
  const metadata = new Map<string, GgufValue>();
  if (declared !== undefined)
    metadata.set('general.file_type', { type: 'u32', value: numbers[declared] ?? 0 });
  const listed = tensors.map(
    ([typeName, shape], index): GgufTensor => ({
      ...{ name: `t${index}`, shape, type: 0, typeName, byteSize: 0, offset: 0 },
    }),
  );
  return fileTypeOf({ metadata, tensors: listed });
}

describe('the type of a file', () => {
  it.each<[string, string | undefined, [string, number[]][], string]>([
    [
      'is the declared one',
      'F16',
      [
        ['F16', [64, 64]],
        ['F32', [64]],
      ],
      'F16',
    ],
    [
      'is that of the mixture, whatever its matrices have',
      'Q4_K_M',
      [
        ['Q6_K', [64, 64]],
        ['F16', [8, 8]],
      ],
      'Q4_K_M',
    ],
    [
      'is that of most values without a declaration',
      undefined,
      [
        ['F32', [8, 8]],
        ['F32', [8, 8]],
        ['Q8_0', [64, 64]],
      ],
      'Q8_0',
    ],
    [
      'is that of the experts, whatever the rest is declared to be',
      'BF16',
      [
        ['BF16', [64, 64]],
        ['MXFP4', [64, 64, 8]],
      ],
      'MXFP4',
    ],
    [
      'is that of the floats, whatever is declared',
      'Q8_0',
      [
        ['BF16', [64, 64]],
        ['F32', [8, 8]],
      ],
      'BF16',
    ],
    ['is that of the floats, of which another type is declared', 'F16', [['F32', [64, 64]]], 'F32'],
    ['is the declared one without matrices', 'Q8_0', [['F32', [64]]], 'Q8_0'],
    ['is that of the vectors without matrices and declaration', undefined, [['F16', [64]]], 'F16'],
    ['is unknown without tensors', undefined, [], 'unknown'],
  ])('%s', (_, declared, tensors, expected) => {
    expect(typeOf(declared, tensors)).toBe(expected);
  });
});
