/** Which tensors of a model are worth converting when it is loaded. */
import type { GgufFile, GgufTensor } from '../../gguf/types.ts';
import { outputBytes } from '../output-size.ts';
import { parseTargetType } from '../target-type.ts';
import { isSlowerThan, type SpeedTable } from './speed-table.ts';

/** The type that slow ones are converted to: it rounds least, and has fast kernels wherever others have. */
export const conversionTarget = parseTargetType('Q8_0');
/** Below this share of the weights, a conversion gains too little for its memory. */
const LEAST_SHARE = 0.5;

/** Types of tensors, by the type of a whole model whose speed stands for them. */
const modelTypes: Readonly<Record<string, string>> = {
  Q2_K: 'Q2_K',
  Q3_K: 'Q3_K_M',
  Q4_K: 'Q4_K_S',
  Q5_K: 'Q5_K_M',
};

/**
 * The types of tensors that would be clearly faster as Q8_0, if most of the weights have them.
 * @returns sorted names such as "Q4_1"; empty if the model is loaded as it is
 */
export function slowTensorTypes({ tensors }: Pick<GgufFile, 'tensors'>, table: SpeedTable): string[] {
  const matrices = tensors.filter(({ shape }) => shape.length > 1);
  const isSlow = (typeName: string) =>
    isSlowerThan(modelTypes[typeName] ?? typeName, conversionTarget.name, table);
  const slow = matrices.filter(({ typeName }) => isSlow(typeName));
  if (bytesOf(slow) < LEAST_SHARE * bytesOf(matrices)) return [];
  return [...new Set(slow.map(({ typeName }) => typeName))].sort();
}

/** The file as it will be about: with the sizes of its tensors after the conversion. */
export function withConverted(file: GgufFile, types: readonly string[]): GgufFile {
  const tensors = file.tensors.map((tensor): GgufTensor => {
    if (!types.includes(tensor.typeName) || tensor.shape.length < 2) return tensor;
    const byteSize = outputBytes([tensor], conversionTarget, 0, () => true);
    return { ...tensor, byteSize, type: conversionTarget.tensorType, typeName: conversionTarget.name };
  });
  return { ...file, tensors };
}

function bytesOf(tensors: readonly GgufTensor[]): number {
  return tensors.reduce((total, { byteSize }) => total + byteSize, 0);
}
