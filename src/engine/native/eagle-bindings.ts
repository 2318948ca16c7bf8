/**
 * Functions for EAGLE-3 models. Most are exported under C++ names only (src/llama-ext.h of v0.5.0, a staging header), so they
 * may be missing from a build; `load-eagle.ts` tests them before use.
 */
import type { MaybePointer, NativeBatch, Pointer } from './bindings.ts';
import type { Libraries } from './libraries.ts';
import { viewInt32 } from './native-memory.ts';

export interface EagleBindings {
  /** The layers of the target whose inputs an EAGLE-3 model reads; empty = it is none. */
  readonly targetLayers: (model: Pointer) => number[];
  /** Whether decodes also output the inputs of a layer. */
  readonly outputLayerInput: (context: Pointer, layer: number, value: boolean) => void;
  /** The inputs of a layer for all tokens of the last decode, by index in the batch; the layer must be output. */
  readonly layerInputs: (context: Pointer, layer: number) => MaybePointer;
  /** @returns 0 for success */
  readonly encode: (context: Pointer, batch: NativeBatch) => number;
  /** Elements of a layer's input. */
  readonly layerInputLength: (model: Pointer) => number;
}

/** @returns undefined when the library has no such functions */
export function bindEagle({ llama }: Libraries): EagleBindings | undefined {
  try {
    const count = llama.func('uint32_t _Z30llama_model_target_layer_ids_nPK11llama_model(void *)');
    const layers = llama.func('void *_Z28llama_model_target_layer_idsPK11llama_model(void *)');
    return {
      targetLayers: (model) => {
        const length: number = count(model);
        return length === 0 ? [] : [...viewInt32(layers(model), length)];
      },
      outputLayerInput: llama.func(
        'void _Z30llama_set_embeddings_layer_inpP13llama_contextjb(void *, uint32_t, bool)',
      ),
      layerInputs: llama.func('void *_Z30llama_get_embeddings_layer_inpP13llama_contextj(void *, uint32_t)'),
      encode: llama.func('int32_t llama_encode(void *, llama_batch)'),
      layerInputLength: llama.func('int32_t llama_model_n_embd(void *)'),
    };
  } catch {
    return undefined;
  }
}
