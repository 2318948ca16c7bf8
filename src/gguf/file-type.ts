import { metadataNumber } from './metadata.ts';
import { fileTypeName } from './tensor-types.ts';
import type { GgufFile, GgufTensor } from './types.ts';

const floatTypes: readonly string[] = ['F32', 'F16', 'BF16'];

/** What a file says of itself; undefined when it says nothing that is known. */
export function declaredFileType({ metadata }: Pick<GgufFile, 'metadata'>): string | undefined {
  return fileTypeName(metadataNumber(metadata, 'general.file_type') ?? -1);
}

/**
 * The quantization of a file, such as "Q4_K_M": the declared one, unless the matrices contradict it. A mixture has a name but
 * no type of its own, so only two contradictions are certain: floats where quantized matrices are declared, and the reverse,
 * as in files that keep the 4-bit experts of their original.
 */
export function fileTypeOf(file: Pick<GgufFile, 'metadata' | 'tensors'>): string {
  const declared = declaredFileType(file);
  const matrices = file.tensors.filter((tensor) => tensor.shape.length > 1);
  if (declared === undefined) return largestType(matrices.length > 0 ? matrices : file.tensors) ?? 'unknown';
  const largest = largestType(matrices);
  if (largest === undefined) return declared;
  const isContradicted = floatTypes.includes(declared)
    ? largest !== declared
    : matrices.every(({ typeName }) => floatTypes.includes(typeName));
  return isContradicted ? largest : declared;
}

/** The type of most of the values. */
function largestType(tensors: readonly GgufTensor[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { typeName, shape } of tensors) {
    const elements = shape.reduce((product, length) => product * length, 1);
    counts.set(typeName, (counts.get(typeName) ?? 0) + elements);
  }
  const [largest] = [...counts].sort((left, right) => right[1] - left[1]);
  return largest?.[0];
}
