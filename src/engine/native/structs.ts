/**
 * Layouts of the structs that llama.cpp v0.4.0 and v0.5.0 pass by value (include/llama.h). A shifted field would silently
 * corrupt memory, so `self-test.ts` checks them against the library before anything is loaded.
 */
import koffi from 'koffi';

export const modelParamsType = koffi.struct('llama_model_params', {
  devices: 'void *',
  tensor_buft_overrides: 'void *',
  n_gpu_layers: 'int32_t',
  split_mode: 'int32_t',
  load_mode: 'int32_t',
  lazy_mode: 'int32_t',
  main_gpu: 'int32_t',
  tensor_split: 'void *',
  progress_callback: 'void *',
  progress_callback_user_data: 'void *',
  kv_overrides: 'void *',
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
});

export const contextParamsType = koffi.struct('llama_context_params', {
  n_ctx: 'uint32_t',
  n_batch: 'uint32_t',
  n_ubatch: 'uint32_t',
  n_seq_max: 'uint32_t',
  n_rs_seq: 'uint32_t',
  n_outputs_max: 'uint32_t',
  n_outputs_max_per_seq: 'uint32_t',
  n_threads: 'int32_t',
  n_threads_batch: 'int32_t',
  ctx_type: 'int32_t',
  rope_scaling_type: 'int32_t',
  pooling_type: 'int32_t',
  attention_type: 'int32_t',
  flash_attn_type: 'int32_t',
  rope_and_yarn: koffi.array('float', 6),
  yarn_orig_ctx: 'uint32_t',
  defrag_thold: 'float',
  cb_eval: 'void *',
  cb_eval_user_data: 'void *',
  type_k: 'int32_t',
  type_v: 'int32_t',
  abort_callback: 'void *',
  abort_callback_data: 'void *',
  embeddings: 'bool',
  offload_kqv: 'bool',
  no_perf: 'bool',
  op_offload: 'bool',
  swa_full: 'bool',
  kv_unified: 'bool',
  samplers: 'void *',
  n_samplers: 'size_t',
  ctx_other: 'void *',
});

export const batchType = koffi.struct('llama_batch', {
  n_tokens: 'int32_t',
  token: 'void *',
  embd: 'void *',
  pos: 'void *',
  n_seq_id: 'void *',
  seq_id: 'void *',
  logits: 'void *',
});

/** ggml-backend.h */
export const devicePropertiesType = koffi.struct('ggml_backend_dev_props', {
  name: 'const char *',
  description: 'const char *',
  memory_free: 'size_t',
  memory_total: 'size_t',
  type: 'int32_t',
  device_id: 'const char *',
  caps: koffi.array('bool', 5),
});

export const quantizeParamsType = koffi.struct('llama_model_quantize_params', {
  nthread: 'int32_t',
  ftype: 'int32_t',
  output_tensor_type: 'int32_t',
  token_embedding_type: 'int32_t',
  allow_requantize: 'bool',
  quantize_output_tensor: 'bool',
  only_copy: 'bool',
  pure: 'bool',
  keep_split: 'bool',
  dry_run: 'bool',
  imatrix: 'void *',
  kv_overrides: 'void *',
  tt_overrides: 'void *',
  prune_layers: 'void *',
  max_buf_size: 'size_t',
});

/** ggml.h; `graph/ggml.ts` uses it too. */
export const initParamsType = koffi.struct('ggml_init_params', {
  mem_size: 'size_t',
  mem_buffer: 'void *',
  no_alloc: 'bool',
});

koffi.struct('llama_sampler_chain_params', { no_perf: 'bool' });

/** ggml.h: GGML_MAX_N_THREADS bools, then the behaviour of the threads of a pool. */
export const threadPoolParamsType = koffi.struct('ggml_threadpool_params', {
  cpumask: koffi.array('bool', 512),
  n_threads: 'int32_t',
  prio: 'int32_t',
  poll: 'uint32_t',
  strict_cpu: 'bool',
  paused: 'bool',
});

/** enum llama_load_mode */
export const loadModes = { none: 0, mmap: 1, mlock: 2, mmapAndMlock: 3 } as const;
/** enum llama_split_mode: the whole model on one GPU, or whole layers on each. */
export const splitModes = { none: 0, layer: 1 } as const;
/** enum ggml_backend_dev_type */
export const deviceTypes = { cpu: 0, gpu: 1, igpu: 2 } as const;
/** enum llama_context_type: the model, or its layers that predict further tokens. */
export const contextTypes = { usual: 0, prediction: 1 } as const;
/** The values of enum llama_rope_type whose positions have four parts. */
export const gridRopeTypes: readonly number[] = [8, 40];
/** enum llama_flash_attn_type */
export const flashAttentionTypes = { auto: -1, off: 0, on: 1 } as const;
/** enum ggml_type, limited to the types that a KV cache may have */
export const kvCacheTypes = { f16: 1, q4_0: 2, q8_0: 8 } as const;
/** Indexed by the values of enum llama_pooling_type; 0 (no pooling) is computed as the mean. */
export const poolingTypes = ['mean', 'mean', 'cls', 'last', 'rank'] as const;
/** enum llama_vocab_type */
export const vocabularyTypes = { wordPiece: 3 } as const;
