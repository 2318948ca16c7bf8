import { OllamaError } from '../../base/errors.ts';
import type { EmbeddingFacts, LoadOptions, RerankFormat } from '../../protocol/load.ts';
import type { Bindings, ContextParams, Pointer } from '../native/bindings.ts';
import { metadataText } from '../native/metadata-text.ts';
import { poolingTypes, vocabularyTypes } from '../native/structs.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { EMBEDDING_SEQUENCES } from './limits.ts';

/** The properties of an embedding model. */
export interface EmbeddingKind {
  readonly pooling: EmbeddingFacts['pooling'];
  /** Whether a token attends only to earlier tokens, so that an input can be computed piece by piece. */
  readonly isCausal: boolean;
}

/**
 * Returns undefined for a model that completes text. "No pooling" is computed as the mean because one vector per input
 * is needed.
 * @throws OllamaError `load-failed` for a pooling type that is unknown, or would abort the process later
 */
export function embeddingKind(bindings: Bindings, model: Pointer): EmbeddingKind | undefined {
  const architecture = metadataText(bindings, model, 'general.architecture') ?? '';
  const number = metadataText(bindings, model, `${architecture}.pooling_type`);
  if (number === undefined) return undefined;
  const pooling = poolingTypes[Number(number)];
  if (pooling === undefined) throw new OllamaError('load-failed', `the pooling type ${number} is unknown`);
  requireWordPieceMarkers(bindings, model);
  return { pooling, isCausal: metadataText(bindings, model, `${architecture}.attention.causal`) !== 'false' };
}

/**
 * Sets the parameters so that a whole batch is computed at once: an encoder sees every token of an input together.
 * Inputs share one KV cache, if there is one. The library sizes its buffers for sequences of equal length, and fails
 * when the batch is not a multiple of their number.
 * @param kind `mostRows` = maximum number of rows of pictures or sound in a call
 */
export function adaptToEmbeddings(
  params: ContextParams,
  { batchSize, contextLength }: LoadOptions,
  { pooling, mostRows = 0 }: EmbeddingKind & { readonly mostRows?: number },
): void {
  params.embeddings = true;
  params.pooling_type = poolingTypes.indexOf(pooling, 1);
  const batch = Math.ceil(Math.max(batchSize, mostRows) / EMBEDDING_SEQUENCES) * EMBEDDING_SEQUENCES;
  params.n_ctx = contextLength + batch;
  params.n_batch = batch;
  params.n_ubatch = batch;
  params.n_seq_max = EMBEDDING_SEQUENCES;
  params.n_outputs_max = batch;
  params.kv_unified = true;
}

export interface EmbeddingParts {
  readonly bindings: Bindings;
  readonly model: Pointer;
  readonly context: Pointer;
  readonly tokenizer: Tokenizer;
  /** Whether there is an encoder of pictures or sound. */
  readonly hasEncoder: boolean;
}

export function embeddingFacts(
  { bindings, model, context, tokenizer, hasEncoder }: EmbeddingParts,
  { pooling, isCausal }: EmbeddingKind,
  { contextLength, batchSize }: LoadOptions,
): EmbeddingFacts {
  const isIncremental = isCausal && bindings.memory(context) !== null;
  const canSplit = pooling === 'last' && isIncremental;
  const isRank = pooling === 'rank';
  // Rows and tokens are different calls, and what attends in both directions must be one call.
  const takesMedia = hasEncoder && isIncremental && !isRank;
  // A position that the model was not trained for may have no row in its table, which aborts the process.
  const longest = Math.min(contextLength, bindings.modelTrainContext(model));
  return {
    pooling,
    length: isRank ? bindings.scoreLength(model) : bindings.embeddingLength(model),
    maxInputTokens: canSplit ? longest : Math.min(longest, batchSize),
    canSplit,
    ...(takesMedia && { maxMediaInputTokens: longest }),
    ...(isRank && { rerank: rerankFormat(bindings, model, tokenizer.vocabulary) }),
  };
}

/** How a query and a document become one input, as in llama.cpp's server. */
function rerankFormat(bindings: Bindings, model: Pointer, vocabulary: Pointer): RerankFormat {
  const template = bindings.namedChatTemplate(model, 'rerank');
  const separator = bindings.separator(vocabulary);
  const eos = bindings.eos(vocabulary);
  const end = bindings.addsEos(vocabulary) ? [eos < 0 ? separator : eos] : [];
  const between = bindings.addsSeparator(vocabulary) ? [separator] : [];
  const known = (tokens: number[]) => tokens.filter((token) => token >= 0);
  return {
    ...(template !== null && { template }),
    before: known(bindings.addsBos(vocabulary) ? [bindings.bos(vocabulary)] : []),
    between: known([...end, ...between]),
    after: known(end),
  };
}

/**
 * The library's WordPiece tokenizer aborts the process when the vocabulary has no tokens to start and end a text with.
 */
function requireWordPieceMarkers(bindings: Bindings, model: Pointer): void {
  const vocabulary = bindings.vocabulary(model);
  if (bindings.vocabularyType(vocabulary) !== vocabularyTypes.wordPiece) return;
  if (bindings.bos(vocabulary) >= 0 && bindings.separator(vocabulary) >= 0) return;
  throw new OllamaError('load-failed', 'the vocabulary lacks the tokens [CLS] and [SEP]');
}
