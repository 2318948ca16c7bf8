/** Loads a model and makes its context. */
import koffi from 'koffi';
import { OllamaError } from '../base/errors.ts';
import type { LoadOptions, RunnerFacts } from '../runner/protocol.ts';
import type { MemoryTraits } from './cache/reuse.ts';
import { type Bindings, callAsync, type Pointer } from './native/bindings.ts';
import { flashAttentionTypes, kvCacheTypes, loadModes } from './native/structs.ts';
import { Tokenizer } from './text/tokenizer.ts';
import { defaultThreads } from './threads/threads.ts';

/** Tokens computed at once inside one batch: llama.cpp's own default, larger ones only inflate buffers on CPUs. */
const MAX_MICRO_BATCH = 512;

const progressType = koffi.proto('bool llama_progress_callback(float progress, void *user_data)');

export interface LoadedModel {
  readonly context: Pointer;
  /** Threads the context starts with: as many as an idle machine has use for. */
  readonly threads: number;
  readonly tokenizer: Tokenizer;
  readonly memoryTraits: MemoryTraits;
  readonly facts: RunnerFacts;
}

/**
 * @param onProgress called with 0 to 1 while the weights are read
 * @throws OllamaError `load-failed`; the reason is in the engine's log lines
 */
export async function loadModel(
  bindings: Bindings,
  options: LoadOptions,
  onProgress: (fraction: number) => void,
): Promise<LoadedModel> {
  const model = await loadWeights(bindings, options, onProgress);
  if (bindings.modelHasEncoder(model)) {
    throw new OllamaError('load-failed', 'encoder-decoder models are not supported');
  }
  const threads = options.threads > 0 ? options.threads : defaultThreads();
  const context = await callAsync(bindings.createContext, model, contextParams(bindings, options, threads));
  if (context === null) throw new OllamaError('load-failed', 'unable to create the context');
  applyAdapters(bindings, model, context, options.adapterPaths ?? []);
  const tokenizer = new Tokenizer(bindings, model);
  return {
    context,
    threads,
    tokenizer,
    memoryTraits: memoryTraits(bindings, model),
    facts: factsOf(bindings, options, model, tokenizer),
  };
}

function memoryTraits(bindings: Bindings, model: Pointer): MemoryTraits {
  const canRollBack = !bindings.modelIsRecurrent(model) && !bindings.modelIsHybrid(model);
  return { canRollBack, window: Math.max(0, bindings.modelWindow(model)) };
}

async function loadWeights(
  bindings: Bindings,
  options: LoadOptions,
  onProgress: (fraction: number) => void,
): Promise<Pointer> {
  const callback = koffi.register((fraction: number) => {
    onProgress(fraction);
    return true;
  }, koffi.pointer(progressType));
  try {
    const params = bindings.modelDefaultParams();
    params.n_gpu_layers = options.gpuLayers;
    params.load_mode = options.useMmap ? loadModes.mmap : loadModes.none;
    params.progress_callback = callback;
    const model = await callAsync(bindings.loadModel, options.modelPath, params);
    if (model === null) throw new OllamaError('load-failed', 'unable to load the model');
    return model;
  } finally {
    koffi.unregister(callback);
  }
}

function applyAdapters(bindings: Bindings, model: Pointer, context: Pointer, paths: readonly string[]): void {
  if (paths.length === 0) return;
  const adapters = paths.map((path) => {
    const adapter = bindings.loadAdapter(model, path);
    if (adapter === null) throw new OllamaError('load-failed', `unable to load the adapter ${path}`);
    return adapter;
  });
  const scales = new Float32Array(adapters.length).fill(1);
  if (bindings.setAdapters(context, BigUint64Array.from(adapters), adapters.length, scales) !== 0) {
    throw new OllamaError('load-failed', 'unable to apply the adapters to this model');
  }
}

function contextParams(bindings: Bindings, options: LoadOptions, threads: number) {
  const params = bindings.contextDefaultParams();
  params.n_ctx = options.contextLength * options.slots;
  params.n_batch = Math.max(options.batchSize, options.slots);
  params.n_ubatch = Math.min(params.n_batch, MAX_MICRO_BATCH);
  params.n_seq_max = options.slots;
  params.n_outputs_max = options.slots;
  params.n_threads = threads;
  params.n_threads_batch = threads;
  params.flash_attn_type = flashAttentionTypes[options.flashAttention];
  params.type_k = kvCacheTypes[options.kvCacheType];
  params.type_v = kvCacheTypes[options.kvCacheType];
  params.no_perf = true;
  params.kv_unified = false;
  return params;
}

function factsOf(
  bindings: Bindings,
  options: LoadOptions,
  model: Pointer,
  tokenizer: Tokenizer,
): RunnerFacts {
  const { vocabulary } = tokenizer;
  const bos = bindings.bos(vocabulary);
  const eos = bindings.eos(vocabulary);
  return {
    contextLength: options.contextLength,
    slots: options.slots,
    bos,
    eos,
    addsBos: bindings.addsBos(vocabulary),
    bosText: bos < 0 ? '' : bindings.tokenText(vocabulary, bos),
    eosText: eos < 0 ? '' : bindings.tokenText(vocabulary, eos),
    memoryBytes: Number(bindings.modelSize(model)),
    gpuMemoryBytes: 0,
  };
}
