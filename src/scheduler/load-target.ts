import type { ModelDetails } from '../api/common.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import { hasLatentAttention } from '../gguf/latent-attention.ts';
import type { LoadOptions } from '../protocol/load.ts';
import {
  draftBytes,
  estimateMemory,
  type MemoryEstimate,
  predictingLayerBytes,
} from './memory/memory-estimate.ts';
import type { ProjectorNeed } from './memory/projector-need.ts';

/**
 * The load options of a request, without what the scheduler decides: the number of slots, the place of the encoder of
 * pictures, and how the weights get into memory.
 */
export type WantedLoad = Omit<LoadOptions, 'slots' | 'useMmap' | 'hugePages' | 'projectorGpu'> & {
  /** What the request or the model says; absent = the scheduler decides. */
  readonly useMmap?: boolean | undefined;
};

/** A model as the scheduler sees it: what must be equal to share a runner, and how much memory a runner needs. */
export interface LoadTarget {
  /** Weights digest and adapters. Targets with the same key share one runner. */
  readonly key: string;
  /** Short name, as the first request gave it. */
  readonly name: string;
  /** Manifest digest, 64 hex digits. */
  readonly digest: string;
  readonly load: WantedLoad;
  readonly details: ModelDetails;
  /** Sentences to log when it is loaded, about settings that cannot be applied. */
  readonly warnings?: readonly string[];
  /** Why nothing can be drafted for it, not even by prompt lookup; absent = drafts are possible. */
  readonly draftProblem?: string;
  /** Number of slots if the model or its options fix it; absent = the settings and the free memory decide. */
  readonly fixedSlots?: number;
  /** Whether a line of a large batch asks for it: then it has more slots, but leaves some to people; absent = false. */
  readonly isForBatch?: boolean;
  /** Bytes of the prediction that are files mapped into memory if the weights are mapped. */
  readonly mappedBytes: number;
  /** The predicted memory, part by part. */
  readonly estimate: (slots: number) => MemoryEstimate;
  /** Predicted bytes of what drafts, beside that; absent = nothing is to be loaded for it. */
  readonly draftBytes?: (slots: number) => number;
  /**
   * Equal for targets that one runner could serve, apart from the context length, the layers and experts on GPUs, and how
   * the weights get into memory.
   */
  readonly reloadKey: string;
  /** The only GPU to use, as an index into the list of GPUs; absent = the scheduler chooses. */
  readonly mainGpu?: number | undefined;
  /** Never unloaded, neither to make room for other models nor because it is idle. */
  readonly pinned?: boolean;
}

export interface LoadTargetOptions {
  readonly key: string;
  readonly name: string;
  readonly digest: string;
  readonly load: WantedLoad;
  readonly details: ModelDetails;
  readonly warnings?: readonly string[];
  readonly facts: GgufFacts;
  /** Facts of the draft model, if the load names one. */
  readonly draftFacts?: GgufFacts;
  readonly draftProblem?: string;
  readonly fixedSlots?: number;
  readonly mainGpu?: number | undefined;
  readonly pinned?: boolean;
  /** Bytes of files loaded in addition to the weights (adapters). */
  readonly extraBytes?: number;
  /** What the encoder of pictures or sound needs, if the load names one. */
  readonly projector?: ProjectorNeed;
}

/** A context below this many tokens cannot hold even a template. */
const MIN_CONTEXT_LENGTH = 4;

/** Number of requests that an embedding model computes together. Each one costs only the memory of its own inputs. */
const EMBEDDING_SLOTS = 32;
/** Maximum number of input tokens that an encoder sees at once. Ollama loads embedding models with the same limit. */
const MAX_EMBEDDING_BATCH = 2048;

/**
 * The context length that a request gets, in tokens.
 * @param longest the training context of the model, or the loaded context; 0 = unknown
 */
export function clampContext(wanted: number, longest: number): number {
  return Math.max(MIN_CONTEXT_LENGTH, longest > 0 ? Math.min(wanted, longest) : wanted);
}

/** Clamps the context to the training context of the model. Embedding models compute a whole input in one batch. */
export function createLoadTarget(options: LoadTargetOptions): LoadTarget {
  const { facts, draftFacts, extraBytes = 0, projector, load: wanted, ...identity } = options;
  const contextLength = clampContext(wanted.contextLength, facts.contextLength);
  const isEmbedding = facts.poolingType !== undefined;
  const batchSize = isEmbedding ? Math.min(MAX_EMBEDDING_BATCH, contextLength) : wanted.batchSize;
  const avoids = hasLatentAttention(facts) ? { avoidsMatrixUnits: true } : {};
  const load: WantedLoad = { ...wanted, ...avoids, contextLength, batchSize };
  const estimate = estimateOnce((slots) => estimateMemory(facts, load, slots, extraBytes, projector));
  return {
    ...identity,
    ...(draftFacts && load.draft && { draftBytes: (slots) => draftBytes(draftFacts, load, slots) }),
    ...(load.predictingLayers && { draftBytes: (slots) => predictingLayerBytes(facts, load, slots) }),
    load,
    ...(isEmbedding && { fixedSlots: EMBEDDING_SLOTS }),
    // The system cannot drop locked weights from its page cache, so it does not count them as available.
    mappedBytes: load.useMmap !== false && !load.useMlock ? facts.weightBytes : 0,
    reloadKey: reloadKey(load, isEmbedding),
    estimate,
  };
}

/** Caches the estimates, because placement asks for the same few numbers of slots again and again. */
function estimateOnce(compute: (slots: number) => MemoryEstimate): (slots: number) => MemoryEstimate {
  const known = new Map<number, MemoryEstimate>();
  return (slots) => {
    const estimate = known.get(slots) ?? compute(slots);
    known.set(slots, estimate);
    return estimate;
  };
}

/** The batch size of an embedding model follows from its context, so it is not part of the key. */
export function reloadKey(load: WantedLoad, isEmbedding = false): string {
  const {
    contextLength: _context,
    gpuLayers: _layers,
    expertLayersOnCpu: _experts,
    useMmap: _mmap,
    batchSize,
    ...rest
  } = load;
  return JSON.stringify([Object.entries(rest).sort(), isEmbedding ? 0 : batchSize]);
}
