import type { LoadOptions } from '../../protocol/load.ts';
import type { Bindings } from './bindings.ts';
import { offloadContext } from './offload.ts';
import { flashAttentionTypes, kvCacheTypes } from './structs.ts';

/** The parameters that the contexts of a model and of its draft model share; the sizes of batches and outputs are left open. */
export function contextParams(bindings: Bindings, options: LoadOptions, threads: number) {
  const params = bindings.contextDefaultParams();
  params.n_ctx = options.contextLength * options.slots;
  params.n_seq_max = options.slots;
  params.n_threads = threads;
  params.n_threads_batch = threads;
  params.flash_attn_type = flashAttentionTypes[options.flashAttention];
  params.type_k = kvCacheTypes[options.kvCacheType];
  params.type_v = kvCacheTypes[options.kvCacheType];
  offloadContext(params, options);
  params.no_perf = true;
  params.kv_unified = false;
  return params;
}
