/**
 * Typed bindings of the llama.cpp functions that we call. A pointer is a bigint; a null pointer from the library is
 * null.
 * Signatures: include/llama.h of v0.5.0, which are those of v0.4.0.
 */
import koffi from 'koffi';
import { cLibraryFile } from '../../platform/c-library.ts';
import { packageOfFolder } from '../../platform/library-folder.ts';
import { releaseOf } from '../../platform/library-packages.ts';
import type { Libraries } from './libraries.ts';
import './structs.ts';

export type Pointer = bigint;
export type MaybePointer = bigint | null;

export interface ModelParams {
  devices: MaybePointer;
  n_gpu_layers: number;
  vocab_only: boolean;
  split_mode: number;
  main_gpu: number;
  tensor_split: MaybePointer;
  tensor_buft_overrides: MaybePointer;
  load_mode: number;
  use_extra_bufts: boolean;
  load_mtp: boolean;
  progress_callback: MaybePointer;
}

export interface ContextParams {
  n_ctx: number;
  n_batch: number;
  n_ubatch: number;
  n_seq_max: number;
  /** Number of tokens of the last call that a recurrent state can step back. */
  n_rs_seq: number;
  ctx_type: number;
  ctx_other: MaybePointer;
  n_outputs_max: number;
  n_outputs_max_per_seq: number;
  n_threads: number;
  n_threads_batch: number;
  pooling_type: number;
  flash_attn_type: number;
  type_k: number;
  type_v: number;
  embeddings: boolean;
  offload_kqv: boolean;
  op_offload: boolean;
  no_perf: boolean;
  swa_full: boolean;
  kv_unified: boolean;
}

export interface QuantizeParams {
  nthread: number;
  ftype: number;
  readonly output_tensor_type: number;
  readonly token_embedding_type: number;
  allow_requantize: boolean;
  readonly quantize_output_tensor: boolean;
  tt_overrides: MaybePointer;
  max_buf_size: number | bigint;
}

export interface DeviceProperties {
  readonly name: string;
  readonly description: string;
  readonly memory_free: number | bigint;
  readonly memory_total: number | bigint;
  /** One of the values in `deviceTypes`. */
  readonly type: number;
  /** Address on the PCI bus, such as "0000:c1:00.0". */
  readonly device_id: string | null;
}

export interface NativeBatch {
  n_tokens: number;
  /** Null where rows take the place of tokens. */
  readonly token: MaybePointer;
  readonly embd: MaybePointer;
  readonly pos: MaybePointer;
  readonly n_seq_id: MaybePointer;
  readonly seq_id: MaybePointer;
  readonly logits: MaybePointer;
}

export interface InitParams {
  readonly mem_size: number;
  readonly mem_buffer: MaybePointer;
  readonly no_alloc: boolean;
}

type AsyncCallback<T> = (error: Error | null, result: T) => void;

/** A native call that can also run on a worker thread, without blocking JavaScript. */
export interface Callable<Parameters extends unknown[], Result> {
  (...parameters: Parameters): Result;
  async(...parameters: [...Parameters, AsyncCallback<Result>]): void;
}

export type Bind = <Parameters extends unknown[], Result>(prototype: string) => Callable<Parameters, Result>;

/** Runs a native call on a worker thread. */
export function callAsync<Parameters extends unknown[], Result>(
  callable: Callable<Parameters, Result>,
  ...parameters: Parameters
): Promise<Result> {
  return new Promise((resolve, reject) => {
    callable.async(...parameters, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

/**
 * Address of libc's `strlen`. As an abort callback over a C string, it returns "abort" once the string is not empty.
 * That callback has one parameter, a pointer, on every system. The one for the progress of a load has a number before it, which on
 * Windows takes the place of the pointer: it must not be this function.
 */
export function nativeIsNotEmpty(): Pointer | undefined {
  const file = cLibraryFile();
  if (file === undefined) return undefined;
  try {
    return koffi.load(file).symbol('strlen') as Pointer;
  } catch {
    return undefined;
  }
}

const bindLibrary = (bind: Bind) => ({
  version: bind<[], string>('const char *llama_version()'),
  maxDevices: bind<[], number | bigint>('size_t llama_max_devices()'),
  modelDefaultParams: bind<[], ModelParams>('llama_model_params llama_model_default_params()'),
  contextDefaultParams: bind<[], ContextParams>('llama_context_params llama_context_default_params()'),
});

const bindQuantizer = (bind: Bind) => ({
  quantizeDefaultParams: bind<[], QuantizeParams>(
    'llama_model_quantize_params llama_model_quantize_default_params()',
  ),
  quantize: bind<[string, string, QuantizeParams], number>(
    'uint32_t llama_model_quantize(const char *, const char *, const llama_model_quantize_params *)',
  ),
});

const bindModel = (bind: Bind) => ({
  loadModel: bind<[string, ModelParams], MaybePointer>(
    'void *llama_model_load_from_file(const char *, llama_model_params)',
  ),
  freeModel: bind<[Pointer], void>('void llama_model_free(void *)'),
  createContext: bind<[Pointer, ContextParams], MaybePointer>(
    'void *llama_init_from_model(void *, llama_context_params)',
  ),
  freeContext: bind<[Pointer], void>('void llama_free(void *)'),
  loadAdapter: bind<[Pointer, string], MaybePointer>('void *llama_adapter_lora_init(void *, const char *)'),
  setAdapters: bind<[Pointer, BigUint64Array, number, Float32Array], number>(
    'int32_t llama_set_adapters_lora(void *, const uint64_t *, size_t, const float *)',
  ),
  setAbortCallback: bind<[Pointer, Pointer, Pointer], void>(
    'void llama_set_abort_callback(void *, void *, void *)',
  ),
});

const bindModelFacts = (bind: Bind) => ({
  modelSize: bind<[Pointer], number | bigint>('uint64_t llama_model_size(void *)'),
  modelTrainContext: bind<[Pointer], number>('int32_t llama_model_n_ctx_train(void *)'),
  modelHasEncoder: bind<[Pointer], boolean>('bool llama_model_has_encoder(void *)'),
  modelIsRecurrent: bind<[Pointer], boolean>('bool llama_model_is_recurrent(void *)'),
  modelIsHybrid: bind<[Pointer], boolean>('bool llama_model_is_hybrid(void *)'),
  /** One of the values in `ropeTypes`, or another. */
  modelRopeType: bind<[Pointer], number>('int llama_model_rope_type(void *)'),
  /** Number of values in one row of input. */
  modelInputWidth: bind<[Pointer], number>('int32_t llama_model_n_embd_inp(void *)'),
  modelLayers: bind<[Pointer], number>('int32_t llama_model_n_layer(void *)'),
  modelWindow: bind<[Pointer], number>('int32_t llama_model_n_swa(void *)'),
  contextSnapshots: bind<[Pointer], number>('uint32_t llama_n_rs_seq(void *)'),
  contextLengthPerSequence: bind<[Pointer], number>('uint32_t llama_n_ctx_seq(void *)'),
});

const bindVocabulary = (bind: Bind) => ({
  vocabulary: bind<[Pointer], Pointer>('void *llama_model_get_vocab(void *)'),
  vocabularySize: bind<[Pointer], number>('int32_t llama_vocab_n_tokens(void *)'),
  bos: bind<[Pointer], number>('int32_t llama_vocab_bos(void *)'),
  eos: bind<[Pointer], number>('int32_t llama_vocab_eos(void *)'),
  addsBos: bind<[Pointer], boolean>('bool llama_vocab_get_add_bos(void *)'),
  isEndOfGeneration: bind<[Pointer, number], boolean>('bool llama_vocab_is_eog(void *, int32_t)'),
  suppressedTokens: bind<[Pointer, Int32Array], MaybePointer>(
    'void *llama_vocab_get_suppress_tokens(void *, int32_t *)',
  ),
  tokenText: bind<[Pointer, number], string>('const char *llama_vocab_get_text(void *, int32_t)'),
  tokenAttributes: bind<[Pointer, number], number>('int llama_vocab_get_attr(void *, int32_t)'),
  tokenize: bind<[Pointer, Uint8Array, number, Int32Array, number, boolean, boolean], number>(
    'int32_t llama_tokenize(void *, const uint8_t *, int32_t, int32_t *, int32_t, bool, bool)',
  ),
  detokenize: bind<[Pointer, Int32Array, number, Uint8Array, number, boolean, boolean], number>(
    'int32_t llama_detokenize(void *, const int32_t *, int32_t, uint8_t *, int32_t, bool, bool)',
  ),
  tokenToPiece: bind<[Pointer, number, Uint8Array, number, number, boolean], number>(
    'int32_t llama_token_to_piece(void *, int32_t, uint8_t *, int32_t, int32_t, bool)',
  ),
});

const bindSpecialTokens = (bind: Bind) => ({
  vocabularyType: bind<[Pointer], number>('int llama_vocab_type(void *)'),
  separator: bind<[Pointer], number>('int32_t llama_vocab_sep(void *)'),
  addsEos: bind<[Pointer], boolean>('bool llama_vocab_get_add_eos(void *)'),
  addsSeparator: bind<[Pointer], boolean>('bool llama_vocab_get_add_sep(void *)'),
  insertPrefix: bind<[Pointer], number>('int32_t llama_vocab_fim_pre(void *)'),
  insertSuffix: bind<[Pointer], number>('int32_t llama_vocab_fim_suf(void *)'),
  insertMiddle: bind<[Pointer], number>('int32_t llama_vocab_fim_mid(void *)'),
});

const bindEmbeddings = (bind: Bind) => ({
  metadataText: bind<[Pointer, string, Uint8Array, number], number>(
    'int32_t llama_model_meta_val_str(void *, const char *, uint8_t *, size_t)',
  ),
  namedChatTemplate: bind<[Pointer, string], string | null>(
    'const char *llama_model_chat_template(void *, const char *)',
  ),
  embeddingLength: bind<[Pointer], number>('int32_t llama_model_n_embd_out(void *)'),
  scoreLength: bind<[Pointer], number>('uint32_t llama_model_n_cls_out(void *)'),
  embeddingOf: bind<[Pointer, number], MaybePointer>('void *llama_get_embeddings_seq(void *, int32_t)'),
});

const bindDecode = (bind: Bind) => ({
  setThreads: bind<[Pointer, number, number], void>('void llama_set_n_threads(void *, int32_t, int32_t)'),
  decode: bind<[Pointer, NativeBatch], number>('int32_t llama_decode(void *, llama_batch)'),
  logitsAt: bind<[Pointer, number], MaybePointer>('void *llama_get_logits_ith(void *, int32_t)'),
  setCausal: bind<[Pointer, boolean], void>('void llama_set_causal_attn(void *, bool)'),
});

const bindMemory = (bind: Bind) => ({
  memory: bind<[Pointer], MaybePointer>('void *llama_get_memory(void *)'),
  memoryRemove: bind<[Pointer, number, number, number], boolean>(
    'bool llama_memory_seq_rm(void *, int32_t, int32_t, int32_t)',
  ),
  memoryShift: bind<[Pointer, number, number, number, number], void>(
    'void llama_memory_seq_add(void *, int32_t, int32_t, int32_t, int32_t)',
  ),
  memoryCanShift: bind<[Pointer], boolean>('bool llama_memory_can_shift(void *)'),
  memoryFirstPosition: bind<[Pointer, number], number>('int32_t llama_memory_seq_pos_min(void *, int32_t)'),
  stateSize: bind<[Pointer, number, number], number | bigint>(
    'size_t llama_state_seq_get_size_ext(void *, int32_t, uint32_t)',
  ),
  saveState: bind<[Pointer, Uint8Array, number, number, number], number | bigint>(
    'size_t llama_state_seq_get_data_ext(void *, uint8_t *, size_t, int32_t, uint32_t)',
  ),
  restoreState: bind<[Pointer, Uint8Array, number, number, number], number | bigint>(
    'size_t llama_state_seq_set_data_ext(void *, const uint8_t *, size_t, int32_t, uint32_t)',
  ),
});

const bindSamplers = (bind: Bind) => ({
  chainCreate: bind<[{ no_perf: boolean }], Pointer>(
    'void *llama_sampler_chain_init(llama_sampler_chain_params)',
  ),
  chainAdd: bind<[Pointer, Pointer], void>('void llama_sampler_chain_add(void *, void *)'),
  samplerReset: bind<[Pointer], void>('void llama_sampler_reset(void *)'),
  samplerClone: bind<[Pointer], Pointer>('void *llama_sampler_clone(void *)'),
  samplerFree: bind<[Pointer], void>('void llama_sampler_free(void *)'),
  samplerAccept: bind<[Pointer, number], void>('void llama_sampler_accept(void *, int32_t)'),
  samplerApply: bind<[Pointer, Pointer], void>('void llama_sampler_apply(void *, void *)'),
  samplerSample: bind<[Pointer, Pointer, number], number>(
    'int32_t llama_sampler_sample(void *, void *, int32_t)',
  ),
  greedy: bind<[], Pointer>('void *llama_sampler_init_greedy()'),
  distribution: bind<[number], Pointer>('void *llama_sampler_init_dist(uint32_t)'),
  topK: bind<[number], Pointer>('void *llama_sampler_init_top_k(int32_t)'),
  topP: bind<[number, number], Pointer>('void *llama_sampler_init_top_p(float, size_t)'),
  minP: bind<[number, number], Pointer>('void *llama_sampler_init_min_p(float, size_t)'),
  typical: bind<[number, number], Pointer>('void *llama_sampler_init_typical(float, size_t)'),
  temperature: bind<[number], Pointer>('void *llama_sampler_init_temp(float)'),
  dynamicTemperature: bind<[number, number, number], Pointer>(
    'void *llama_sampler_init_temp_ext(float, float, float)',
  ),
  topNSigma: bind<[number], Pointer>('void *llama_sampler_init_top_n_sigma(float)'),
  xtc: bind<[number, number, number, number], Pointer>(
    'void *llama_sampler_init_xtc(float, float, size_t, uint32_t)',
  ),
  mirostat: bind<[number, number, number, number, number], Pointer>(
    'void *llama_sampler_init_mirostat(int32_t, uint32_t, float, float, int32_t)',
  ),
  mirostat2: bind<[number, number, number], Pointer>(
    'void *llama_sampler_init_mirostat_v2(uint32_t, float, float)',
  ),
  dry: bind<[Pointer, number, number, number, number, readonly string[], number], Pointer>(
    'void *llama_sampler_init_dry(void *, float, float, int32_t, int32_t, const char **, size_t)',
  ),
  logitBias: bind<[number, number, Int32Array], Pointer>(
    'void *llama_sampler_init_logit_bias(int32_t, int32_t, const int32_t *)',
  ),
  penalties: bind<[number, number, number, number, number], Pointer>(
    'void *llama_sampler_init_penalties(int32_t, int32_t, float, float, float)',
  ),
  grammar: bind<[Pointer, string, string], MaybePointer>(
    'void *llama_sampler_init_grammar(void *, const char *, const char *)',
  ),
});

const bindDevices = (inGgml: Bind, inBase: Bind) => ({
  deviceCount: inGgml<[], number | bigint>('size_t ggml_backend_dev_count()'),
  deviceAt: inGgml<[number], Pointer>('void *ggml_backend_dev_get(size_t)'),
  deviceByName: inGgml<[string], MaybePointer>('void *ggml_backend_dev_by_name(const char *)'),
  deviceName: inBase<[Pointer], string>('const char *ggml_backend_dev_name(void *)'),
  cpuBufferType: inBase<[], Pointer>('void *ggml_backend_cpu_buffer_type()'),
  registryByName: inGgml<[string], MaybePointer>('void *ggml_backend_reg_by_name(const char *)'),
  deviceRegistry: inBase<[Pointer], Pointer>('void *ggml_backend_dev_backend_reg(void *)'),
  registryName: inBase<[Pointer], string>('const char *ggml_backend_reg_name(void *)'),
  deviceProperties: inBase<[Pointer, DeviceProperties], void>(
    'void ggml_backend_dev_get_props(void *, _Out_ ggml_backend_dev_props *)',
  ),
});

/** Memory that ggml builds graphs in; the self test makes one, to see that a struct arrives as it was passed. */
const bindMemoryPool = (inBase: Bind) => ({
  poolCreate: inBase<[InitParams], MaybePointer>('void *ggml_init(ggml_init_params)'),
  poolSize: inBase<[Pointer], number | bigint>('size_t ggml_get_mem_size(void *)'),
  poolIsWithoutData: inBase<[Pointer], boolean>('bool ggml_get_no_alloc(void *)'),
  poolFree: inBase<[Pointer], void>('void ggml_free(void *)'),
});

/** A function that binds the functions of one library by their C prototypes. */
export function binder(library: Libraries['llama']): Bind {
  return <Parameters extends unknown[], Result>(prototype: string) =>
    library.func(prototype) as unknown as Callable<Parameters, Result>;
}

export function bindFunctions({ folder, llama, ggml, ggmlBase }: Libraries) {
  const bind = binder(llama);
  return {
    /** The version that the package of these libraries should have; `version()` is the one that they have. */
    expectedVersion: releaseOf(packageOfFolder(folder)?.version).libraryVersion,
    ...bindMemoryPool(binder(ggmlBase)),
    ...bindLibrary(bind),
    ...bindDevices(binder(ggml), binder(ggmlBase)),
    ...bindQuantizer(bind),
    ...bindModel(bind),
    ...bindModelFacts(bind),
    ...bindVocabulary(bind),
    ...bindSpecialTokens(bind),
    ...bindEmbeddings(bind),
    ...bindDecode(bind),
    ...bindMemory(bind),
    ...bindSamplers(bind),
  };
}

export type Bindings = ReturnType<typeof bindFunctions>;
