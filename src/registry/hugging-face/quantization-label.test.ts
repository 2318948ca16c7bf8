import { describe, expect, it } from 'vitest';
import { preferenceOf, quantizationLabel } from './quantization-label.ts';

describe('the type in a path', () => {
  it.each([
    ['Kimi-K2-Thinking-Q2_K', 'Q2_K'],
    ['Qwen3-Coder-Next-UD-Q8_K_XL', 'UD-Q8_K_XL'],
    ['BF16/model', 'BF16'],
    ['Q4_0/model-Q8_0', 'Q8_0'],
    ['a.iq4_xs', 'IQ4_XS'],
    ['gpt-oss-120b-mxfp4', 'MXFP4'],
    ['model_F16', 'F16'],
    ['fox-TQ1_0', 'TQ1_0'],
    ['fox-Q8_0-from-F32-Q4_K_S', 'Q4_K_S'],
    ['Qwen3-30B-A3B', undefined],
    ['F160-BF16x', undefined],
  ])('%s: %s', (path, label) => {
    expect(quantizationLabel(path)).toBe(label);
  });

  it('has a rank: the dynamic form after the plain one, unknown types last', () => {
    const labels = ['X', 'F16', 'Q8_0', 'UD-Q4_K_M', 'Q4_K_S', 'Q2_K', 'Q4_K_M'];
    expect(labels.sort((left, right) => preferenceOf(left) - preferenceOf(right))).toEqual([
      ...['Q4_K_M', 'UD-Q4_K_M', 'Q4_K_S', 'Q8_0', 'Q2_K', 'F16', 'X'],
    ]);
  });
});
