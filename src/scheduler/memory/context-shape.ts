import type { GgufFacts } from '../../gguf/facts.ts';
import type { LoadOptions } from '../../protocol/load.ts';

/** llama.cpp computes at most this many tokens of a batch at once; embedding models compute the whole batch. */
const MICRO_BATCH = 512;
/** llama.cpp pads the context of each sequence to a multiple of this. */
const CONTEXT_PADDING = 256;
/** Number of tokens whose logits a stream with a draft needs at once: the engine's longest draft and the token before it. */
const DRAFT_OUTPUTS = 16;
/** Number of sequences of an embedding context, as the engine creates it. */
const EMBEDDING_SEQUENCES = 32;

export type EstimatedLoad = Pick<
  LoadOptions,
  'contextLength' | 'batchSize' | 'kvCacheType' | 'flashAttention'
>;

/** The dimensions of llama.cpp's context for our load options (see the engine's `contextParams` and `adaptToEmbeddings`). */
export interface ContextShape {
  /** Number of KV cache cells per stream. */
  readonly cells: number;
  /** Number of streams of the KV cache. In embedding models, all sequences share one stream. */
  readonly streams: number;
  readonly sequences: number;
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
  { poolingType }: Pick<GgufFacts, 'poolingType'>,
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
      tokens: batch,
      outputs: batch,
      firstOutputs: EMBEDDING_SEQUENCES,
      isEmbedding: true,
      flashAttention,
      kvCacheType,
    };
  }
  const cells = padTo(padTo(load.contextLength * slots, CONTEXT_PADDING) / slots, CONTEXT_PADDING);
  const tokens = Math.min(Math.max(load.batchSize, slots), MICRO_BATCH, cells * slots);
  return {
    cells,
    streams: slots,
    sequences: slots,
    tokens: padTo(tokens, slots),
    outputs: Math.min(tokens, Math.max(slots, DRAFT_OUTPUTS)),
    firstOutputs: slots,
    isEmbedding: false,
    flashAttention,
    kvCacheType,
  };
}

function padTo(value: number, multiple: number): number {
  return Math.ceil(Math.floor(value) / multiple) * multiple;
}
