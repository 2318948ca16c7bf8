import type { SafeTensor } from '../safetensors/safe-tensor.ts';

/**
 * Where a tensor's values come from, and what happens to them: a tree in plain JSON, so that a plan can be written, read
 * by another process and compared. Shapes and axes are those of Hugging Face, the slowest dimension first.
 */
export type TensorData =
  | { readonly kind: 'source'; readonly tensor: Pick<SafeTensor, 'type' | 'shape' | 'path' | 'start'> }
  /** 32-bit values that the plan itself computed, such as the frequencies of a rope. */
  | { readonly kind: 'values'; readonly shape: readonly number[]; readonly values: readonly number[] }
  /**
   * The rows of each head in the order of llama.cpp's rope: those of the first and second half of a head take turns.
   * A row is everything below the first axis; the first axis has `heads` heads.
   */
  | { readonly kind: 'interleave-heads'; readonly heads: number; readonly of: TensorData }
  /** Tensors of one shape as a new first axis. */
  | { readonly kind: 'stack'; readonly of: readonly TensorData[] }
  /** Tensors one after the other along an axis that exists. */
  | { readonly kind: 'concatenate'; readonly axis: number; readonly of: readonly TensorData[] }
  /** `count` elements of an axis from `start`, each `step` apart (absent = 1). */
  | {
      readonly kind: 'slice';
      readonly axis: number;
      readonly start: number;
      readonly count: number;
      readonly step?: number;
      readonly of: TensorData;
    }
  /** Axes in a new order: `axes[i]` is the old place of the new axis i. */
  | { readonly kind: 'transpose'; readonly axes: readonly number[]; readonly of: TensorData }
  /** The same values under another shape. */
  | { readonly kind: 'reshape'; readonly shape: readonly number[]; readonly of: TensorData }
  /** value × `factor` + `offset` for each element, computed with 32 bits. */
  | { readonly kind: 'affine'; readonly factor: number; readonly offset: number; readonly of: TensorData }
  /**
   * Values with scales, such as 8-bit floats: each is multiplied by the scale of its block, computed with 32 bits.
   * The scale has the leading axes of `of`; axes that it lacks, or has once, share one scale. With `block`, the last axes of
   * the scale count blocks of so many elements; the last block of an axis may be cut off.
   */
  | {
      readonly kind: 'scaled';
      readonly block?: readonly number[];
      readonly of: TensorData;
      readonly scale: TensorData;
    }
  /** gpt-oss: pairs of 4-bit values and one exponent for 32 of them, put into ggml's blocks of type MXFP4. */
  | { readonly kind: 'mxfp4'; readonly blocks: TensorData; readonly scales: TensorData };
