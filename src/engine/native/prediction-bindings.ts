/**
 * Functions for layers that predict further tokens (MTP). llama.cpp exports them under C++ names only (src/llama-ext.h of
 * v0.5.0, a staging header), so they may be missing from a build; `load-predicting-layers.ts` tests them before use.
 */
import type { MaybePointer, Pointer } from './bindings.ts';
import type { Libraries } from './libraries.ts';

export interface PredictionBindings {
  /** Number of layers of a model that predict further tokens. */
  readonly predictionLayers: (model: Pointer) => number;
  /** Whether decodes also output hidden states, and whether only for tokens whose logits are wanted. */
  readonly outputHidden: (context: Pointer, value: boolean, masked: boolean) => void;
  /** All hidden states of the last decode, by index in the batch, if they are not masked. */
  readonly hiddenRows: (context: Pointer) => MaybePointer;
  /** The hidden state at an index in the batch. */
  readonly hiddenRow: (context: Pointer, index: number) => MaybePointer;
  /** Elements of a hidden state. */
  readonly hiddenLength: (model: Pointer) => number;
}

/** @returns undefined when the library has no such functions */
export function bindPrediction({ llama }: Libraries): PredictionBindings | undefined {
  try {
    return {
      predictionLayers: llama.func('int32_t llama_model_n_layer_nextn(void *)'),
      outputHidden: llama.func('void _Z26llama_set_embeddings_nextnP13llama_contextbb(void *, bool, bool)'),
      hiddenRows: llama.func('void *_Z26llama_get_embeddings_nextnP13llama_context(void *)'),
      hiddenRow: llama.func('void *_Z30llama_get_embeddings_nextn_ithP13llama_contexti(void *, int32_t)'),
      hiddenLength: llama.func('int32_t llama_model_n_embd_out(void *)'),
    };
  } catch {
    return undefined;
  }
}
