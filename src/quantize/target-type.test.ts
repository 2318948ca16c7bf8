import { expect, it } from 'vitest';
import { fileTypeName } from '../gguf/tensor-types.ts';
import { parseTargetType } from './target-type.ts';

it.each([
  ['q4_k_m', 'Q4_K_M', 15],
  ['Q4_K', 'Q4_K_M', 15],
  ['q8_0', 'Q8_0', 7],
  ['bf16', 'BF16', 32],
  ['F32', 'F32', 0],
  ['iq4_xs', 'IQ4_XS', 30],
  ['mxfp4_moe', 'MXFP4', 38],
])('%s is %s, with the number that show names', (text, name, fileType) => {
  expect(parseTargetType(text)).toMatchObject({ name, fileType });
  expect(fileTypeName(fileType)).toBe(name);
});

it.each(['q9', 'Q4', 'int8', '', 'constructor'])('%j is refused with a list of all types', (text) => {
  expect(() => parseTargetType(text)).toThrow(
    `unsupported quantization type ${text.toUpperCase()} - supported types are F32, F16, BF16, Q4_K_S, Q4_K_M, Q8_0, Q2_K, `,
  );
});

it.each(['iq1_s', 'IQ2_XXS', 'IQ3_XS', 'q2_k_s'])(
  '%s is refused because it needs an importance matrix',
  (text) => {
    expect(() => parseTargetType(text)).toThrow(/needs an importance matrix.*: use IQ3_S or Q3_K_S/);
  },
);

it('a very long name is not repeated in full', () => {
  expect(() => parseTargetType('x'.repeat(100_000))).toThrow(/^.{40,400}$/);
});
