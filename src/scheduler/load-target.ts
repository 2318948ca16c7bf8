import type { ModelDetails } from '../api/common.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import type { LoadOptions } from '../runner/protocol.ts';
import { estimateMemory } from './memory-estimate.ts';

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
  /** Most slots this kind of model may have; absent = no limit. */
  readonly slotLimit?: number;
  /** The part of the prediction that is files mapped into memory. */
  readonly mappedBytes: number;
  /** Predicted bytes of weights, KV cache and buffers. */
  readonly estimateBytes: (slots: number) => number;
}

export interface LoadTargetOptions {
  readonly key: string;
  readonly name: string;
  readonly digest: string;
  readonly load: WantedLoad;
  readonly details: ModelDetails;
  readonly warnings?: readonly string[];
  readonly facts: GgufFacts;
  /** Bytes of files loaded beside the weights (adapters, projectors). */
  readonly extraBytes?: number;
}

/** A context below this many tokens cannot hold even a template. */
const MIN_CONTEXT_LENGTH = 4;

/** Clamps the context to what the model was trained for; embedding models get one slot. */
export function createLoadTarget(options: LoadTargetOptions): LoadTarget {
  const { facts, extraBytes = 0, load: wanted, ...identity } = options;
  const longest = facts.contextLength > 0 ? facts.contextLength : Number.POSITIVE_INFINITY;
  const contextLength = Math.max(MIN_CONTEXT_LENGTH, Math.min(wanted.contextLength, longest));
  const load: WantedLoad = { ...wanted, contextLength };
  return {
    ...identity,
    load,
    ...(facts.poolingType === undefined ? {} : { slotLimit: 1 }),
    // Locked weights are no page cache that the system could drop, so it does not count them as available.
    mappedBytes: load.useMmap && !load.useMlock ? facts.weightBytes : 0,
    estimateBytes: (slots) => estimateMemory(facts, load, slots).totalBytes + extraBytes,
  };
}
