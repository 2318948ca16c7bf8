import { tensorType } from '../gguf/tensor-types.ts';
import type { GgufTensor } from '../gguf/types.ts';
import { isBlockType, type TargetType } from './target-type.ts';
import { staysAsItIs } from './tensor-overrides.ts';

/** llama.cpp gives some tensors of a mixture a larger type; measured mixtures stay below this factor. */
const MIXTURE_FACTOR = 1.2;
/** Bits per weight of Q8_0, the largest type for embeddings and for rows that do not fit into blocks. */
const LARGEST_BITS = 8.5;
const BITS_PER_BYTE = 8;

/**
 * Estimates the bytes of a quantized file. Errs on the high side, because it decides whether the disk has enough space.
 * @param headBytes bytes of everything before the tensors' data
 * @param converts which tensors get the new type and may grow; absent = those of floating-point numbers
 */
export function outputBytes(
  tensors: readonly GgufTensor[],
  target: TargetType,
  headBytes: number,
  converts?: (tensor: GgufTensor) => boolean,
): number {
  return tensors.reduce((sum, tensor) => sum + tensorBytes(tensor, target, converts), headBytes);
}

function tensorBytes(
  tensor: GgufTensor,
  target: TargetType,
  converts: ((tensor: GgufTensor) => boolean) | undefined,
): number {
  const type = tensorType(target.tensorType);
  if (!type || tensor.shape.length < 2) return tensor.byteSize;
  const elements = tensor.shape.reduce((product, length) => product * length, 1);
  const bits = (type.bytes * BITS_PER_BYTE) / type.elements;
  if (!isBlockType(target)) return Math.max(tensor.byteSize, (elements * bits) / BITS_PER_BYTE);
  if (converts && staysAsItIs(tensor, converts)) return tensor.byteSize;
  const isEmbedding = /^(?:token_embd|output)\.weight$/.test(tensor.name);
  const fits = (tensor.shape[0] ?? 0) % type.elements === 0;
  const bound = isEmbedding || !fits ? Math.max(bits, LARGEST_BITS) : bits * MIXTURE_FACTOR;
  const bytes = Math.ceil((elements * bound) / BITS_PER_BYTE);
  return converts?.(tensor) ? bytes : Math.min(tensor.byteSize, bytes);
}
