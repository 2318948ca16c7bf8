import { expect, it } from 'vitest';
import { sizeLabel } from './size-label.ts';

// Made by `gguf.size_label` of llama.cpp's gguf-py.
const labels: readonly (readonly [count: number, label: string])[] = [
  [94, '0.09K'],
  [500, '0.50K'],
  [999, '1.0K'],
  [94_500, '94K'],
  [999_500, '1000K'],
  [2_250_000, '2.2M'],
  [12_500_000, '12M'],
  [2_500_000, '2.5M'],
  [950_000_000, '950M'],
  [1_235_814_400, '1.2B'],
  [9_950_000_000, '10B'],
  [70_553_706_496, '71B'],
  [999_999_999_999, '1000B'],
  [1_050_000_000_000, '1.1T'],
];

for (const [count, label] of labels) {
  it(`names ${count} weights ${label}, as llama.cpp does`, () => {
    expect(sizeLabel([{ name: 'token_embd.weight', shape: [count] }])).toBe(label);
  });
}

it('names a mixture of experts by their number and the size with one of them', () => {
  const tensors = [
    { name: 'token_embd.weight', shape: [1_605_636_096] },
    { name: 'blk.0.ffn_up_exps.weight', shape: [8, 1, 45_097_156_608 / 8] },
  ];
  expect(sizeLabel(tensors)).toBe('8x7.2B');
});

it('has nothing to say about a file without tensors', () => {
  expect(sizeLabel([])).toBeUndefined();
});
