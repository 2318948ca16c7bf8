import { expect, it } from 'vitest';
import type { GgufTensor } from '../gguf/types.ts';
import { outputBytes } from './output-size.ts';
import { parseTargetType } from './target-type.ts';

const f16 = (name: string, ...shape: number[]): GgufTensor => {
  const elements = shape.reduce((product, length) => product * length, 1);
  return { name, shape, type: 1, typeName: 'F16', offset: 0, byteSize: 2 * elements };
};
const bits = (type: string, tensor: GgufTensor) => {
  const elements = tensor.byteSize / 2;
  return (8 * outputBytes([tensor], parseTargetType(type), 0)) / elements;
};

it('allows for larger types of some tensors, and for rows that do not fit into blocks', () => {
  expect(bits('Q4_K_M', f16('blk.0.ffn_up.weight', 256, 1024))).toBeCloseTo(5.4);
  expect(bits('Q4_K_M', f16('blk.0.ffn_up.weight', 576, 1024))).toBe(8.5);
  expect(bits('Q4_K_M', f16('token_embd.weight', 256, 1024))).toBe(8.5);
  expect(bits('Q8_0', f16('token_embd.weight', 256, 1024))).toBe(8.5);
});

it('F32 takes twice as much as F16, and nothing else grows', () => {
  expect(bits('F32', f16('blk.0.ffn_up.weight', 256, 4))).toBe(32);
  expect(bits('BF16', f16('blk.0.ffn_up.weight', 256, 4))).toBe(16);
  expect(bits('Q4_0', f16('output_norm.weight', 256))).toBe(16);
});

it('counts the bytes before the tensors', () => {
  expect(outputBytes([], parseTargetType('F16'), 1000)).toBe(1000);
});

it('lets a converted tensor grow, and counts the others as they are', () => {
  const packed = { ...f16('blk.0.ffn_up.weight', 256, 1024), typeName: 'Q4_1', type: 3, byteSize: 163_840 };
  const vision = { ...f16('v.blk.0.ffn_up.weight', 256, 1024) };
  const q8 = parseTargetType('Q8_0');
  expect(outputBytes([packed], q8, 0)).toBe(163_840);
  expect(outputBytes([packed], q8, 0, () => true)).toBeGreaterThan((256 * 1024 * 34) / 32);
  expect(outputBytes([vision], q8, 0, () => true)).toBe(vision.byteSize);
});
