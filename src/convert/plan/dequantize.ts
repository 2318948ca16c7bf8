import { OllamaError } from '../../base/errors.ts';
import type { SourceTensor } from '../families/family.ts';
import type { EightBitFloats } from '../hugging-face/quantization.ts';

/** Scales of activations, which the engine does not quantize. */
const ACTIVATION_SCALE = /(?:[._]activation_scale|\.input_scale|\.[kv]_scale)$/;

/** Whether the elements of a tensor are floats of 8 bits. */
export function isEightBitFloat({ type }: Pick<SourceTensor, 'type'>): boolean {
  return type === 'F8_E4M3' || type === 'F8_E5M2';
}

/**
 * Joins floats of 8 bits with their scales.
 * @throws OllamaError `invalid-request` when a tensor lacks its scales, or scales their tensor
 */
export function dequantize(
  tensors: readonly SourceTensor[],
  { suffix, block }: EightBitFloats,
): readonly SourceTensor[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const joined: SourceTensor[] = [];
  for (const tensor of tensors) {
    const { name } = tensor;
    if (ACTIVATION_SCALE.test(name)) continue;
    if (name.endsWith(suffix)) {
      const weights = byName.get(name.slice(0, -suffix.length));
      if (!weights || !isEightBitFloat(weights)) throw unpaired(name, 'floats of 8 bits that it scales');
      continue;
    }
    if (!isEightBitFloat(tensor)) {
      joined.push(tensor);
      continue;
    }
    const scale = byName.get(name + suffix);
    if (!scale) throw unpaired(name, `scales named "${name}${suffix}"`);
    joined.push({
      ...tensor,
      data: { kind: 'scaled', ...(block && { block }), of: tensor.data, scale: scale.data },
    });
  }
  return joined;
}

function unpaired(name: string, missing: string): OllamaError {
  return new OllamaError(
    'invalid-request',
    `tensor "${name}" has no ${missing}: part of the model is missing`,
  );
}
