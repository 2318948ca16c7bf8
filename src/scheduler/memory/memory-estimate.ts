import { MIB } from '../../base/units.ts';
import type { GgufFacts } from '../../gguf/facts.ts';
import { kvBytes, stateBytes } from './cache-bytes.ts';
import { type ContextShape, contextShape, type EstimatedLoad } from './context-shape.ts';
import { computeBufferBytes } from './model-graph.ts';
import { plainLayout } from './plain-layout.ts';

const FLOAT_BYTES = 4;
/** Bytes of the child process itself: JavaScript heap, libraries, tokenizer tables. */
const PROCESS_BYTES = 96 * MIB;

/** The memory of a loaded model, in bytes. */
export interface MemoryEstimate {
  readonly weightBytes: number;
  readonly kvBytes: number;
  /** States of recurrent blocks. */
  readonly recurrentBytes: number;
  /** Buffers for the computation of a batch and for its results. */
  readonly computeBytes: number;
  readonly adapterBytes: number;
  /** The process around the model, which the engine's report does not include. */
  readonly processBytes: number;
  readonly totalBytes: number;
  /** Weights and cache of each block, which go to a GPU together; the last element is the output with the norm before it. */
  readonly layerBytes: readonly number[];
  /** Weights that always stay on the CPU: token embeddings and tables. */
  readonly inputBytes: number;
}

/**
 * Predicts the memory that the engine will report for a loaded model, and the memory of its process. The weights are the
 * tensors, the cache follows from the blocks, and the buffers are laid out as llama.cpp's allocator lays them out.
 */
export function estimateMemory(
  facts: GgufFacts,
  load: EstimatedLoad,
  slots: number,
  adapterBytes = 0,
): MemoryEstimate {
  const { weightBytes, embeddingLength, vocabularySize } = facts;
  const layout = facts.layout ?? plainLayout(facts);
  const shape = contextShape(facts, load, slots);
  const widest = Math.max(0, ...layout.kinds.map(({ attention }) => attention?.valueLength ?? 0));
  const caches = layout.kinds.map((kind) => (layout.isEncoder ? 0 : kvBytes(kind, shape, widest)));
  const states = layout.kinds.map((kind) => stateBytes(kind, shape));
  const total = (bytes: readonly number[]) =>
    layout.blocks.reduce((sum, place) => sum + (bytes[place] ?? 0), 0);
  const parts = {
    weightBytes,
    kvBytes: total(caches),
    recurrentBytes: total(states),
    computeBytes:
      computeBufferBytes({ layout, embeddingLength, vocabularySize }, shape) +
      outputBytes(facts, shape, shape.firstOutputs),
    adapterBytes,
    // The engine makes room for more results at the first batch that has them, after its report.
    processBytes: PROCESS_BYTES + outputBytes(facts, shape, Math.max(0, shape.outputs - shape.firstOutputs)),
  };
  return {
    ...parts,
    totalBytes: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0),
    layerBytes: [
      ...layout.blocks.map(
        (place, index) => (layout.layerWeightBytes[index] ?? 0) + (caches[place] ?? 0) + (states[place] ?? 0),
      ),
      layout.outputBytes,
    ],
    inputBytes: layout.inputBytes,
  };
}

/** Bytes of the logits of `count` tokens, and of the vectors of an embedding model. */
function outputBytes(
  { vocabularySize, embeddingLength }: GgufFacts,
  { isEmbedding }: ContextShape,
  count: number,
): number {
  return count * (vocabularySize + (isEmbedding ? embeddingLength : 0)) * FLOAT_BYTES;
}
