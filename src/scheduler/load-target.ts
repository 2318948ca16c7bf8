import type { ModelDetails } from '../api/common.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import type { LoadOptions } from '../protocol/load.ts';
import { estimateMemory, type MemoryEstimate } from './memory/memory-estimate.ts';

/** Load options as a request wants them; the scheduler decides how many slots there is memory for. */
export type WantedLoad = Omit<LoadOptions, 'slots'>;

/** A model as the scheduler sees it: what must be equal to share a runner, and what a runner will cost. */
export interface LoadTarget {
  /** Two targets with the same key share one runner: weights digest and adapters. */
  readonly key: string;
  /** Short name, as first asked for. */
  readonly name: string;
  /** Manifest digest, 64 hex digits. */
  readonly digest: string;
  readonly load: WantedLoad;
  readonly details: ModelDetails;
  /** Sentences to be logged when it is loaded: what was asked for and cannot be had. */
  readonly warnings?: readonly string[];
  /** Slots that the kind of model decides; absent = as many as the settings and the memory say. */
  readonly fixedSlots?: number;
  /** The part of the prediction that is files mapped into memory. */
  readonly mappedBytes: number;
  /** What it will take, part by part. */
  readonly estimate: (slots: number) => MemoryEstimate;
  /** Equal for targets that one runner could serve, but for the length of the context and what is on GPUs. */
  readonly reloadKey: string;
  /** Only this GPU, by its place in the list; absent = as the scheduler sees fit. */
  readonly mainGpu?: number | undefined;
  /** Stays loaded whatever others need, and however long it is idle. */
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
  readonly fixedSlots?: number;
  readonly mainGpu?: number | undefined;
  readonly pinned?: boolean;
  /** Bytes of files loaded beside the weights (adapters, projectors). */
  readonly extraBytes?: number;
}

/** A context below this many tokens cannot hold even a template. */
const MIN_CONTEXT_LENGTH = 4;

/** Requests that an embedding model computes together; each costs no more than its own inputs. */
const EMBEDDING_SLOTS = 32;
/** Most tokens of an input that an encoder sees at once, as Ollama loads embedding models. */
const MAX_EMBEDDING_BATCH = 2048;

/**
 * The context that a wish gets, in tokens.
 * @param longest what the model was trained for, or what is loaded; 0 = unknown
 */
export function clampContext(wanted: number, longest: number): number {
  return Math.max(MIN_CONTEXT_LENGTH, longest > 0 ? Math.min(wanted, longest) : wanted);
}

/** Clamps the context to what the model was trained for; embedding models compute a whole input in one batch. */
export function createLoadTarget(options: LoadTargetOptions): LoadTarget {
  const { facts, extraBytes = 0, load: wanted, ...identity } = options;
  const contextLength = clampContext(wanted.contextLength, facts.contextLength);
  const isEmbedding = facts.poolingType !== undefined;
  const batchSize = isEmbedding ? Math.min(MAX_EMBEDDING_BATCH, contextLength) : wanted.batchSize;
  const load: WantedLoad = { ...wanted, contextLength, batchSize };
  const estimate = estimateOnce((slots) => estimateMemory(facts, load, slots, extraBytes));
  return {
    ...identity,
    load,
    ...(isEmbedding && { fixedSlots: EMBEDDING_SLOTS }),
    // Locked weights are no page cache that the system could drop, so it does not count them as available.
    mappedBytes: load.useMmap && !load.useMlock ? facts.weightBytes : 0,
    reloadKey: reloadKey(load, isEmbedding),
    estimate,
  };
}

/** Placement asks again and again, with few numbers of slots. */
function estimateOnce(compute: (slots: number) => MemoryEstimate): (slots: number) => MemoryEstimate {
  const known = new Map<number, MemoryEstimate>();
  return (slots) => {
    const estimate = known.get(slots) ?? compute(slots);
    known.set(slots, estimate);
    return estimate;
  };
}

/** Embedding models choose the batch by the context. */
export function reloadKey(load: WantedLoad, isEmbedding = false): string {
  const { contextLength: _context, gpuLayers: _layers, batchSize, ...rest } = load;
  return JSON.stringify([Object.entries(rest).sort(), isEmbedding ? 0 : batchSize]);
}
