import { expect, it } from 'vitest';
import { hasMatrixUnits } from './matrix-units.ts';

it.each([
  ['flags : fpu avx512f amx_bf16 avx512_fp16 amx_tile amx_int8', true],
  ['flags : fpu avx2 avx512f', false],
  ['Features : fp asimd sve', false],
  ['', false],
])('reads from %j whether there are matrix units: %s', (text, expected) => {
  expect(hasMatrixUnits(text)).toBe(expected);
});
