import type { GgufFacts } from '../../gguf/facts.ts';
import type { LoadOptions } from '../../protocol/load.ts';
import { mostOutputs } from '../../protocol/most-outputs.ts';
import { mostSnapshots } from '../../protocol/most-snapshots.ts';

/** llama.cpp computes at most this many tokens of a batch at once; embedding models compute the whole batch. */
const MICRO_BATCH = 512;
/** llama.cpp pads the context of each sequence to a multiple of this. */
const CONTEXT_PADDING = 256;
/** Number of sequences of an embedding context, as the engine creates it. */
const EMBEDDING_SEQUENCES = 32;

export type EstimatedLoad = Pick<
  LoadOptions,
  'contextLength' | 'batchSize' | 'kvCacheType' | 'flashAttention' | 'keepLogits' | 'snapshots'
> & {
  /** Maximum number of tokens of a picture that must be computed in one go; absent = there are none. */
  readonly pieceTokens?: number | undefined;
};

/** The dimensions of llama.cpp's context for our load options (see the engine's `contextParams` and `adaptToEmbeddings`). */
export interface ContextShape {
  /** Number of KV cache cells per stream. */
  readonly cells: number;
  /** Number of streams of the KV cache. In embedding models, all sequences share one stream. */
  readonly streams: number;
  readonly sequences: number;
  /** Number of copies that each recurrent state has. */
  readonly snapshots: number;
  /** Number of tokens computed at once. */
  readonly tokens: number;
  /** Number of tokens whose results are needed at once. */
  readonly outputs: number;
  /** Number of results that there is room for from the start. */
  readonly firstOutputs: number;
  readonly isEmbedding: boolean;
  readonly flashAttention: boolean;
  readonly kvCacheType: LoadOptions['kvCacheType'];
}

export function contextShape(
  { poolingType, vocabularySize, weightBytes }: GgufFacts,
  load: EstimatedLoad,
  slots: number,
): ContextShape {
  const { kvCacheType } = load;
  const flashAttention = load.flashAttention !== 'off';
  if (poolingType !== undefined) {
    const batch = padTo(load.batchSize, EMBEDDING_SEQUENCES);
    return {
      cells: padTo(load.contextLength + batch, CONTEXT_PADDING),
      streams: 1,
      sequences: EMBEDDING_SEQUENCES,
      snapshots: 0,
      tokens: batch,
      outputs: batch,
      firstOutputs: EMBEDDING_SEQUENCES,
      isEmbedding: true,
      flashAttention,
      kvCacheType,
    };
  }
  const cells = padTo(padTo(load.contextLength * slots, CONTEXT_PADDING) / slots, CONTEXT_PADDING);
  const microBatch = Math.min(Math.max(load.batchSize, slots), MICRO_BATCH);
  const tokens = Math.min(Math.max(microBatch, load.pieceTokens ?? 0), cells * slots);
  return {
    cells,
    streams: slots,
    sequences: slots,
    snapshots: mostSnapshots(load.snapshots ?? 0, {
      contextLength: load.contextLength * slots,
      batchSize: tokens,
    }),
    tokens: padTo(tokens, slots),
    outputs: Math.min(tokens, mostOutputs(slots, vocabularySize, weightBytes)),
    firstOutputs: slots,
    isEmbedding: false,
    flashAttention,
    kvCacheType,
  };
}

function padTo(value: number, multiple: number): number {
  return Math.ceil(Math.floor(value) / multiple) * multiple;
}
