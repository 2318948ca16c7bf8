import { MIB } from '../../base/units.ts';
import type { GgufFacts } from '../../gguf/facts.ts';
import { eagleBatch } from '../../protocol/eagle-batch.ts';
import { ROWS_CACHE_BYTES, rowBatchBytes } from '../../protocol/row-memory.ts';
import { kvBytes, stateBytes } from './cache-bytes.ts';
import { type ContextShape, contextShape, type EstimatedLoad } from './context-shape.ts';
import { computeBufferBytes } from './model-graph.ts';
import { plainLayout } from './plain-layout.ts';
import type { ProjectorNeed } from './projector-need.ts';

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
  /** The encoder of pictures or sound, weights and buffers; 0 = there is none. */
  readonly projectorBytes: number;
  /** The process around the model, which the engine's report does not include. */
  readonly processBytes: number;
  readonly totalBytes: number;
  /** Weights and cache of each block, which go to a GPU together; the last element is the output with the norm before it. */
  readonly layerBytes: readonly number[];
  /** The part of each block that is experts; the output has none. */
  readonly expertBytes: readonly number[];
  /** Like `computeBytes`, on a GPU that computes with copies of experts in the system's memory, one tensor after another. */
  readonly splitComputeBytes: number;
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
  projector?: ProjectorNeed,
): MemoryEstimate {
  const { weightBytes, embeddingLength, vocabularySize } = facts;
  const layout = facts.layout ?? plainLayout(facts);
  const pieceTokens = projector?.isBidirectional ? projector.mostTokens : undefined;
  const shape = contextShape(facts, { ...load, pieceTokens }, slots);
  const widest = Math.max(0, ...layout.kinds.map(({ attention }) => attention?.valueLength ?? 0));
  const caches = layout.kinds.map((kind) => (layout.isEncoder ? 0 : kvBytes(kind, shape, widest)));
  const states = layout.kinds.map((kind) => stateBytes(kind, shape));
  const total = (bytes: readonly number[]) =>
    layout.blocks.reduce((sum, place) => sum + (bytes[place] ?? 0), 0);
  const computeBytes = (expertCopyBytes: number) =>
    computeBufferBytes({ layout, embeddingLength, vocabularySize, expertCopyBytes }, shape) +
    outputBytes(facts, shape, shape.firstOutputs);
  const parts = {
    weightBytes,
    kvBytes: total(caches),
    recurrentBytes: total(states),
    computeBytes: computeBytes(0),
    adapterBytes,
    projectorBytes: projector ? projector.weightBytes + projector.bufferBytes : 0,
    // The engine makes room for more results at the first batch that has them, after its report.
    processBytes:
      PROCESS_BYTES +
      outputBytes(facts, shape, Math.max(0, shape.outputs - shape.firstOutputs)) +
      (load.keepLogits && !shape.isEmbedding ? outputBytes(facts, shape, slots) : 0) +
      (projector ? ROWS_CACHE_BYTES + rowBatchBytes(projector, load.batchSize) : 0),
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
    expertBytes: layout.layerExpertBytes,
    splitComputeBytes:
      layout.largestExpertBytes > 0 ? computeBytes(layout.largestExpertBytes) : parts.computeBytes,
    inputBytes: layout.inputBytes,
  };
}

/** The engine computes at most this many tokens of a text at once in a draft model. */
const DRAFT_BATCH = 512;

/** Predicts the memory of a draft model beside its target, in the same process. */
export function draftBytes(facts: GgufFacts, load: EstimatedLoad, slots: number): number {
  const contextLength =
    facts.contextLength > 0 ? Math.min(load.contextLength, facts.contextLength) : load.contextLength;
  const isEagle = facts.targetWidth !== undefined;
  const batchSize = isEagle ? eagleBatch(contextLength * slots) : DRAFT_BATCH;
  const { totalBytes, processBytes } = estimateMemory(
    facts,
    { ...load, contextLength, batchSize, snapshots: 0 },
    slots,
  );
  return totalBytes - processBytes + (isEagle ? eagleBufferBytes(facts, load, batchSize) : 0);
}

/** Number of layers whose inputs an EAGLE-3 model reads. */
const EAGLE_LAYERS = 3;

/** Bytes of the logits of a batch, while they are computed and afterwards, and of the inputs that the target outputs. */
function eagleBufferBytes(facts: GgufFacts, load: EstimatedLoad, batchSize: number): number {
  const inputs = EAGLE_LAYERS * load.batchSize * (facts.targetWidth ?? 0);
  return (2 * batchSize * facts.vocabularySize + inputs) * FLOAT_BYTES;
}

/** Predicts the memory that a layer that predicts further tokens takes in a context of its own. Its weights are counted. */
export function predictingLayerBytes(facts: GgufFacts, load: EstimatedLoad, slots: number): number {
  const layout = facts.layout ?? plainLayout(facts);
  const shape = contextShape(facts, load, slots);
  const caches = layout.kinds.map((kind) => kvBytes(kind, shape, kind.attention?.valueLength ?? 0));
  // Both contexts hold the hidden states of a batch.
  const states = 2 * Math.max(load.batchSize, slots) * facts.embeddingLength * FLOAT_BYTES;
  const { computeBytes } = estimateMemory(facts, load, slots);
  return Math.max(0, ...caches) + computeBytes + states;
}

/** Bytes of the logits of `count` tokens, and of the vectors of an embedding model. */
function outputBytes(
  { vocabularySize, embeddingLength }: GgufFacts,
  { isEmbedding }: ContextShape,
  count: number,
): number {
  return count * (vocabularySize + (isEmbedding ? embeddingLength : 0)) * FLOAT_BYTES;
}
