import { type Metadata, metadataFlag, metadataText } from './metadata.ts';

/** `llama_pooling_type` of models that rank documents. */
export const RANK_POOLING = 4;

/** What the file of an embedding model states about its inputs and outputs. */
export interface EmbeddingMetadata {
  /** Room is reserved for a start and an end token unless the file states that there is none. */
  readonly addsBos: boolean;
  readonly addsEos: boolean;
  /** Whether `/api/embeddings` returns vectors of length 1. */
  readonly isNormalized: boolean;
}

export function embeddingMetadata(metadata: Metadata, architecture: string): EmbeddingMetadata {
  return {
    addsBos: metadataFlag(metadata, 'tokenizer.ggml.add_bos_token') ?? true,
    addsEos: metadataFlag(metadata, 'tokenizer.ggml.add_eos_token') ?? true,
    isNormalized: isNormalized(metadata, architecture),
  };
}

/** Rules of Ollama's older endpoint, which does not normalise the vectors of some BERT families. */
function isNormalized(metadata: Metadata, architecture: string): boolean {
  const declared = metadataFlag(metadata, `${architecture}.normalize_embeddings`);
  if (architecture === 'nomic-bert' || architecture === 'nomic-bert-moe') return declared === true;
  if (architecture !== 'bert') return true;
  return declared !== false && metadataText(metadata, 'tokenizer.ggml.model') === 'bert';
}
