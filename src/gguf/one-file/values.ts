import type { GgufFile, GgufTensor, GgufValue } from '../types.ts';
import { listOf } from '../writer.ts';

export const u32 = (value: number): GgufValue => ({ type: 'u32', value });
export const f32 = (value: number): GgufValue => ({ type: 'f32', value });
export const flag = (value: boolean): GgufValue => ({ type: 'bool', value });
export const text = (value: string): GgufValue => ({ type: 'string', value });

/** Mean and deviation of the pixels, the same for each colour. */
export function pixelNorm(mean: readonly number[], std: readonly number[]): Record<string, GgufValue> {
  return {
    'clip.vision.image_mean': listOf('f32', mean),
    'clip.vision.image_std': listOf('f32', std),
  };
}

export const halfNorm = pixelNorm([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);
/** OpenAI's CLIP. */
export const clipNorm = pixelNorm([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]);

export function tensorNamed(file: GgufFile, name: string): GgufTensor | undefined {
  return file.tensors.find((tensor) => tensor.name === name);
}

/** The length of a tensor along a dimension. */
export function lengthOf(file: GgufFile, name: string, dimension: number): GgufValue | undefined {
  const length = tensorNamed(file, name)?.shape[dimension];
  return length === undefined ? undefined : u32(length);
}

/** The first values of a list, if it was read with the file; undefined leaves the list as it is. */
export function shortened(value: GgufValue | undefined, count: number): GgufValue | undefined {
  if (value?.type !== 'array' || value.value.count <= count) return undefined;
  const { elementType, values } = value.value;
  return values && listOf(elementType, values.slice(0, count));
}

/** Sections of a rotation by place: llama.cpp wants four where the converter wrote three. */
export function fourSections(sections: readonly number[]): GgufValue | undefined {
  return sections.length === 3 ? listOf('i32', [...sections, 0]) : undefined;
}
