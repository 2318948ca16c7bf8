import type { SafeTensor } from '../safetensors/safe-tensor.ts';
import type { TensorData } from '../tensors/tensor-data.ts';
import { quoted, refusal } from './refuse.ts';

/** Types that factors are trained in. */
const floats: readonly string[] = ['F32', 'F16', 'BF16'];

/** The values of a factor as they stand in the file. */
export function sourceData({ name, type, shape, path, start }: SafeTensor): TensorData {
  if (!floats.includes(type))
    throw refusal(`the tensor ${quoted(name)} has the type ${type}: factors of LoRA are floats`);
  return { kind: 'source', tensor: { type, shape, path, start } };
}
