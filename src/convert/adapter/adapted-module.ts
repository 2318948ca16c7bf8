import type { TensorData } from '../tensors/tensor-data.ts';

/** The two factors of a change of weights: the change is `b` × `a`. Both may have a leading axis of experts. */
export interface FactorPair {
  /** Shape [rank, inputs], or [experts, rank, inputs]. */
  readonly a: TensorData;
  /** Shape [outputs, rank], or [experts, outputs, rank]. */
  readonly b: TensorData;
}

/** One weight of the base model that an adapter changes by `scale` × `b` × `a`. */
export interface AdaptedModule extends FactorPair {
  /** Name of the module in Hugging Face's model, such as "model.layers.0.self_attn.q_proj". */
  readonly name: string;
  readonly kind: 'matrix' | 'embedding' | 'stacked-experts';
  readonly rank: number;
  /** What the file's own library multiplies the product with: alpha / rank for most adapters. */
  readonly scale: number;
}

/** An adapter as its own format describes it, before the base model is known. */
export interface AdapterContents {
  readonly format: 'PEFT' | 'MLX';
  /** In the order of their names. */
  readonly modules: readonly AdaptedModule[];
  /** Class of the model that the adapter was made for, such as "Qwen3ForCausalLM", if it says so. */
  readonly baseClass: string | undefined;
  /** What was left out, in words that complete "left out: ". */
  readonly dropped: readonly string[];
}
