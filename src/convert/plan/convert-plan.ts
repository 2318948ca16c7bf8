import type { GgufValue } from '../../gguf/types.ts';
import type { Vocabulary } from '../tokenizer/vocabulary.ts';
import type { TensorJob } from './tensor-job.ts';

/** Types that are written in one pass; `auto` keeps the type of the first matrix, and makes F16 of F32. */
export type OutputType = 'auto' | 'F32' | 'F16' | 'BF16' | 'Q8_0';

/** Everything that is known before the first byte of a tensor is read. */
export interface ConvertPlan {
  /** In the order in which they are written. */
  readonly metadata: readonly (readonly [key: string, value: GgufValue])[];
  /** In the order in which they are written. */
  readonly tensors: readonly TensorJob[];
  /** What the engine's tokens are compared with before the plan is carried out; absent for an adapter. */
  readonly vocabulary?: Vocabulary;
  readonly report: ConvertReport;
}

/** What users are told, and what the model keeps about its origin. */
export interface ConvertReport {
  /** Class named by config.json, such as "LlamaForCausalLM"; for an adapter "PEFT" or "MLX". */
  readonly source: string;
  /** Tensors and settings that were left out, in words that complete "left out: ". */
  readonly dropped: readonly string[];
  /** Things to know, each a status line of its own. */
  readonly warnings: readonly string[];
  /** PARAMETERs from generation_config.json and the end tokens. */
  readonly parameters: Readonly<Record<string, number | readonly string[]>>;
  /** Set when the sources were 8-bit floats: the type to quantize to unless the request names one. */
  readonly preferredType?: OutputType;
}
