import type { TensorData } from '../tensors/tensor-data.ts';

/** One tensor of the GGUF file to write. */
export interface TensorJob {
  readonly name: string;
  /** Elements per dimension, the contiguous one first, as GGUF has it. */
  readonly shape: readonly number[];
  /** `ggml_type` number: F32, F16, BF16, Q8_0 or MXFP4. */
  readonly type: number;
  readonly data: TensorData;
}
