/** Loads a model and creates its context. */
import koffi from 'koffi';
import { OllamaError } from '../base/errors.ts';
import type { LoadOptions, RunnerFacts } from '../protocol/load.ts';
import { mostOutputs } from './batching/step-plan.ts';
import type { MemoryTraits } from './cache/reuse.ts';
import { adaptToEmbeddings, embeddingFacts, embeddingKind } from './embedding/embedding-kind.ts';
import { type Bindings, callAsync, type Pointer } from './native/bindings.ts';
import { metadataText } from './native/metadata-text.ts';
import { offloadContext, offloadModel } from './native/offload.ts';
import { flashAttentionTypes, kvCacheTypes, loadModes } from './native/structs.ts';
import { insertTokens } from './text/insert-tokens.ts';
import { Tokenizer } from './text/tokenizer.ts';
import { defaultThreads } from './threads/threads.ts';

/**
 * Maximum number of tokens computed at once within a batch. This is llama.cpp's own default; larger values only inflate
 * the buffers on CPUs.
 */
const MAX_MICRO_BATCH = 512;

const progressType = koffi.proto('bool llama_progress_callback(float progress, void *user_data)');

export interface LoadedModel {
  readonly context: Pointer;
  /** Number of threads that the context starts with: as many as are useful on an idle machine. */
  readonly threads: number;
  readonly tokenizer: Tokenizer;
  readonly memoryTraits: MemoryTraits;
  /** Whether positions are scaled for contexts beyond the original one. States with and without it do not fit together. */
  readonly hasLongPositions: boolean;
  readonly facts: RunnerFacts;
}

/**
 * @param onProgress called with a fraction from 0 to 1 while the weights are read
 * @throws OllamaError `load-failed`; the engine's log lines give the reason
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
  // The adapters come before the context, which reserves space in its graph for the adapters that it finds.
  const adapters = loadAdapters(bindings, model, options.adapterPaths ?? []);
  const threads = options.threads > 0 ? options.threads : defaultThreads();
  const embedding = embeddingKind(bindings, model);
  const params = contextParams(bindings, options, threads);
  if (embedding) adaptToEmbeddings(params, options, embedding);
  const context = await callAsync(bindings.createContext, model, params);
  if (context === null) throw new OllamaError('load-failed', 'unable to create the context');
  applyAdapters(bindings, context, adapters, options.adapterScales ?? []);
  const tokenizer = new Tokenizer(bindings, model);
  const facts: RunnerFacts = {
    ...factsOf(bindings, options, model, tokenizer),
    ...(embedding && {
      embedding: embeddingFacts({ bindings, model, context, tokenizer }, embedding, options),
    }),
  };
  return {
    context,
    threads,
    tokenizer,
    memoryTraits: memoryTraits(bindings, model),
    hasLongPositions: options.contextLength > originalContext(bindings, model),
    facts,
  };
}

/**
 * The context that the positions of some models (LongRoPE) are scaled for if it is not exceeded, in tokens; Infinity = the
 * context makes no difference. llama.cpp chooses between two tables when it creates a context (its `get_rope_factors`).
 */
function originalContext(bindings: Bindings, model: Pointer): number {
  const architecture = metadataText(bindings, model, 'general.architecture') ?? '';
  const value = metadataText(bindings, model, `${architecture}.rope.scaling.original_context_length`);
  return value === undefined ? Number.POSITIVE_INFINITY : Number(value);
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
    offloadModel(bindings, params, options);
    params.load_mode = loadModeOf(options);
    params.progress_callback = callback;
    const model = await callAsync(bindings.loadModel, options.modelPath, params);
    if (model === null) throw new OllamaError('load-failed', 'unable to load the model');
    return model;
  } finally {
    koffi.unregister(callback);
  }
}

function loadModeOf({ useMmap, useMlock = false }: LoadOptions): number {
  if (useMlock) return useMmap ? loadModes.mmapAndMlock : loadModes.mlock;
  return useMmap ? loadModes.mmap : loadModes.none;
}

function loadAdapters(bindings: Bindings, model: Pointer, paths: readonly string[]): Pointer[] {
  return paths.map((path, index) => {
    const adapter = bindings.loadAdapter(model, path);
    if (adapter !== null) return adapter;
    const message = `unable to load adapter ${index + 1} of ${paths.length}; check that it was made for this model`;
    throw new OllamaError('load-failed', message);
  });
}

function applyAdapters(
  bindings: Bindings,
  context: Pointer,
  adapters: readonly Pointer[],
  scales: readonly number[],
): void {
  if (adapters.length === 0) return;
  const strengths = Float32Array.from(adapters, (_, index) => scales[index] ?? 1);
  if (bindings.setAdapters(context, BigUint64Array.from(adapters), adapters.length, strengths) !== 0) {
    throw new OllamaError('load-failed', 'unable to apply the adapters to this model');
  }
}

function contextParams(bindings: Bindings, options: LoadOptions, threads: number) {
  const params = bindings.contextDefaultParams();
  params.n_ctx = options.contextLength * options.slots;
  const batchSize = Math.max(options.batchSize, options.slots);
  const outputs = mostOutputs(options.slots);
  // Each idle slot may contribute one padding token; see `fillStep`.
  params.n_batch = batchSize + options.slots;
  params.n_ubatch = Math.min(batchSize, MAX_MICRO_BATCH);
  params.n_seq_max = options.slots;
  params.n_outputs_max = outputs;
  params.n_outputs_max_per_seq = outputs;
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

function factsOf(
  bindings: Bindings,
  options: LoadOptions,
  model: Pointer,
  tokenizer: Tokenizer,
): RunnerFacts {
  const { vocabulary } = tokenizer;
  const bos = bindings.bos(vocabulary);
  const eos = bindings.eos(vocabulary);
  const insert = insertTokens(bindings, vocabulary);
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
    ...(insert && { insert }),
  };
}
