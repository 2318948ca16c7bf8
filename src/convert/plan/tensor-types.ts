import type { Family, SourceTensor } from '../families/family.ts';
import type { OutputType } from './convert-plan.ts';

/** `ggml_type` and `general.file_type` of the types that are written in one pass. */
const typeNumbers = {
  F32: { type: 0, fileType: 0 },
  F16: { type: 1, fileType: 1 },
  Q8_0: { type: 8, fileType: 7 },
  BF16: { type: 30, fileType: 32 },
} as const;

/** `ggml_type` of tensors whose source has 4 bits already. */
export const MXFP4 = 39;

export type WrittenType = keyof typeof typeNumbers;

/** Values of a block of Q8_0. Rows that are no multiple of it become F16. */
const BLOCK = 32;

/** Tensors that are small and sensitive, or that the engine reads as F32 only. */
const alwaysF32 =
  /^(?:blk\.\d+\.(?:ffn_gate_inp|ffn_gate_inp_shexp|ssm_conv1d(?:_[qkv])?|shortconv\.conv|indexer\.proj)|position_embd|token_types)\.weight$/;

/** The type that `auto` stands for: that of the first matrix of 16-bit floats, otherwise F16. */
export function resolveType(type: OutputType, sources: readonly SourceTensor[]): WrittenType {
  if (type !== 'auto') return type;
  const first = sources.find(({ shape, type }) => shape.length >= 2 && (type === 'BF16' || type === 'F16'));
  return first?.type === 'BF16' ? 'BF16' : 'F16';
}

export function fileTypeOf(type: WrittenType): number {
  return typeNumbers[type].fileType;
}

/**
 * The `ggml_type` of a tensor.
 * @param shape in Hugging Face's order
 */
export function tensorTypeOf(
  name: string,
  shape: readonly number[],
  type: WrittenType,
  family: Pick<Family, 'keptAsF32'>,
): number {
  const isSmall = shape.length <= 1 || name.endsWith('_norm.weight') || !name.endsWith('.weight');
  if (isSmall || alwaysF32.test(name) || family.keptAsF32?.test(name)) return typeNumbers.F32.type;
  if (type === 'Q8_0' && (shape.at(-1) ?? 0) % BLOCK !== 0) return typeNumbers.F16.type;
  return typeNumbers[type].type;
}
