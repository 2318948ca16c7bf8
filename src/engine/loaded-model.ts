/** Loads a model and creates its context. */
import { OllamaError } from '../base/errors.ts';
import { nativePath } from '../platform/windows/native-path.ts';
import type { LoadOptions, RunnerFacts } from '../protocol/load.ts';
import { mostOutputs } from '../protocol/most-outputs.ts';
import { mostSnapshots } from '../protocol/most-snapshots.ts';
import type { MemoryTraits } from './cache/reuse.ts';
import { adaptToEmbeddings, embeddingFacts, embeddingKind } from './embedding/embedding-kind.ts';
import { type LoadedMedia, loadMedia } from './media/load-media.ts';
import type { LoadProjector } from './media/projector.ts';
import { type Bindings, type ContextParams, callAsync, type Pointer } from './native/bindings.ts';
import { contextParams } from './native/context-params.ts';
import { loadWeights } from './native/load-weights.ts';
import { metadataText } from './native/metadata-text.ts';
import type { EagleFunctions } from './speculation/load-eagle.ts';
import { type LoadedSpeculation, loadSpeculation } from './speculation/load-speculation.ts';
import { insertTokens } from './text/insert-tokens.ts';
import { Tokenizer } from './text/tokenizer.ts';
import { defaultThreads } from './threads/threads.ts';

/**
 * Maximum number of tokens computed at once within a batch. This is llama.cpp's own default; larger values only inflate
 * the buffers on CPUs.
 */
const MAX_MICRO_BATCH = 512;

export interface LoadedModel {
  readonly context: Pointer;
  /** What drafts for this model, beside prompt lookup. */
  readonly speculation: LoadedSpeculation;
  /** The encoder of pictures or sound; absent = the model takes text only. */
  readonly media?: LoadedMedia;
  /** Number of threads that the context starts with: as many as are useful on an idle machine. */
  readonly threads: number;
  /** Maximum number of tokens in a call whose logits are computed. */
  readonly outputs: number;
  readonly tokenizer: Tokenizer;
  readonly memoryTraits: MemoryTraits;
  /** Whether positions are scaled for contexts beyond the original one. States with and without it do not fit together. */
  readonly hasLongPositions: boolean;
  readonly facts: RunnerFacts;
}

interface LoadSurroundings {
  /** Called with a fraction from 0 to 1 while the weights are read. */
  readonly onProgress: (fraction: number) => void;
  /** Called before what drafts for the model is loaded. */
  readonly onDrafts: () => void;
  /** What drafting from hidden states needs. */
  readonly functions: EagleFunctions;
  readonly loadProjector: LoadProjector;
}

/**
 * @throws OllamaError `load-failed`; the engine's log lines give the reason
 */
export async function loadModel(
  bindings: Bindings,
  options: LoadOptions,
  { onProgress, onDrafts, functions, loadProjector }: LoadSurroundings,
): Promise<LoadedModel> {
  const model = await loadWeights(bindings, options, onProgress);
  if (bindings.modelHasEncoder(model)) {
    throw new OllamaError('load-failed', 'encoder-decoder models are not supported');
  }
  // The adapters come before the context, which reserves space in its graph for the adapters that it finds.
  const adapters = loadAdapters(bindings, model, options.adapterPaths ?? []);
  const threads = options.threads > 0 ? options.threads : defaultThreads();
  const embedding = embeddingKind(bindings, model);
  const tokenizer = new Tokenizer(bindings, model, options.endTokens);
  const outputs = mostOutputs(options.slots, tokenizer.size, Number(bindings.modelSize(model)));
  const media = await loadMedia(bindings, model, { ...options, threads }, loadProjector);
  const params = targetParams(bindings, options, threads, outputs);
  if (media) makeRoomForPieces(params, media);
  if (embedding)
    adaptToEmbeddings(params, options, { ...embedding, ...(media && { mostRows: media.rowsPerCall }) });
  const context = await callAsync(bindings.createContext, model, params);
  if (context === null) throw new OllamaError('load-failed', 'unable to create the context');
  applyAdapters(bindings, context, adapters, options.adapterScales ?? []);
  const traits = memoryTraits(bindings, model, context);
  onDrafts();
  const load = { options, model, threads, traits, target: context, params };
  const speculation = embedding ? {} : await loadSpeculation(bindings, functions, load);
  const facts: RunnerFacts = {
    ...factsOf(bindings, options, model, tokenizer),
    ...(embedding && {
      embedding: embeddingFacts(
        { bindings, model, context, tokenizer, hasEncoder: media !== undefined },
        embedding,
        options,
      ),
    }),
    ...speculationFacts(speculation, Number(bindings.modelSize(model))),
    ...(media && { media: media.facts }),
  };
  return {
    context,
    speculation,
    ...(media && { media }),
    threads,
    outputs,
    tokenizer,
    memoryTraits: traits,
    hasLongPositions: options.contextLength > originalContext(bindings, model),
    facts,
  };
}

function speculationFacts(
  { draft, hiddenStateDraft, problem }: LoadedSpeculation,
  weightBytes: number,
): Partial<RunnerFacts> {
  return {
    ...(draft && { drafts: 'model', memoryBytes: weightBytes + draft.weightBytes }),
    ...(hiddenStateDraft && {
      drafts: hiddenStateDraft.kind,
      memoryBytes: weightBytes + hiddenStateDraft.weightBytes,
    }),
    ...(problem !== undefined && { draftProblem: problem }),
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

function memoryTraits(bindings: Bindings, model: Pointer, context: Pointer): MemoryTraits {
  const canRollBack = !bindings.modelIsRecurrent(model) && !bindings.modelIsHybrid(model);
  const snapshots = bindings.contextSnapshots(context);
  return { canRollBack, window: Math.max(0, bindings.modelWindow(model)), snapshots };
}

function loadAdapters(bindings: Bindings, model: Pointer, paths: readonly string[]): Pointer[] {
  return paths.map((path, index) => {
    const adapter = bindings.loadAdapter(model, nativePath(path));
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

function targetParams(bindings: Bindings, options: LoadOptions, threads: number, outputs: number) {
  const params = contextParams(bindings, options, threads);
  const batchSize = Math.max(options.batchSize, options.slots);
  // Each idle slot may contribute one padding token; see `fillStep`.
  params.n_batch = batchSize + options.slots;
  params.n_ubatch = Math.min(batchSize, MAX_MICRO_BATCH);
  params.n_outputs_max = outputs;
  params.n_outputs_max_per_seq = outputs;
  const shape = { contextLength: params.n_ctx, batchSize: params.n_ubatch };
  params.n_rs_seq = mostSnapshots(options.snapshots ?? 0, shape);
  return params;
}

/** A piece whose rows attend to each other in both directions is computed as one micro batch. */
function makeRoomForPieces(params: ContextParams, { facts, rowsPerCall }: LoadedMedia): void {
  params.n_batch = Math.max(params.n_batch, rowsPerCall);
  if (facts.isBidirectional) params.n_ubatch = Math.max(params.n_ubatch, rowsPerCall);
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
