import type { GgufFacts } from '../gguf/facts.ts';
import type { LoadOptions } from '../runner/protocol.ts';

/** Bytes of one KV element; quantized types hold 32 elements and a 16-bit scale per block. */
const kvElementBytes = { f16: 2, q8_0: 34 / 32, q4_0: 18 / 32 } as const;

/** llama.cpp computes at most this many tokens of a batch at once, so its buffers grow no further; embedding models compute all of it. */
const MICRO_BATCH = 512;
/** Vectors of one embedding's length alive at the same time in a layer, and the wider ones of its MLP. */
const ACTIVATIONS_PER_TOKEN = 16;
const FLOAT_BYTES = 4;
/** The child process itself: JavaScript heap, libraries, tokenizer tables. */
const PROCESS_BYTES = 96 * 1024 * 1024;

export interface MemoryEstimate {
  readonly weightBytes: number;
  readonly kvBytes: number;
  readonly computeBytes: number;
  readonly totalBytes: number;
  /** Weights and KV cache of each layer, the output layer last. */
  readonly layerBytes: readonly number[];
}

/**
 * Predicts the memory of a loaded model, on the high side. The KV cache holds, per layer and token, one key and one
 * value for each KV head; compute buffers are dominated by the logits of a micro batch and, without flash attention,
 * by the scores of every head over the whole context.
 */
export function estimateMemory(
  facts: GgufFacts,
  load: Pick<LoadOptions, 'contextLength' | 'batchSize' | 'kvCacheType' | 'flashAttention'>,
  slots: number,
  extraBytes = 0,
): MemoryEstimate {
  const tokens = load.contextLength * slots;
  const kvElements = facts.blockCount * facts.headCountKv * (facts.keyLength + facts.valueLength);
  const kvBytes = Math.ceil(tokens * kvElements * kvElementBytes[load.kvCacheType]);
  const microBatch = facts.poolingType === undefined ? Math.min(load.batchSize, MICRO_BATCH) : load.batchSize;
  const scores = load.flashAttention === 'off' ? facts.headCount * tokens : 0;
  const perToken = facts.vocabularySize + ACTIVATIONS_PER_TOKEN * facts.embeddingLength + scores;
  const outputBytes = slots * facts.vocabularySize * FLOAT_BYTES;
  const computeBytes = microBatch * perToken * FLOAT_BYTES + outputBytes + PROCESS_BYTES;
  const { weightBytes } = facts;
  const layers = Math.max(1, facts.blockCount);
  const layerBytes = Array.from({ length: layers }, () => Math.ceil((weightBytes + kvBytes) / layers));
  return {
    weightBytes,
    kvBytes,
    computeBytes,
    totalBytes: weightBytes + kvBytes + computeBytes + extraBytes,
    layerBytes,
  };
}
