import { hasPredictingLayer } from './drafting.ts';
import { type EmbeddingMetadata, embeddingMetadata } from './embedding-metadata.ts';
import { fileTypeOf } from './file-type.ts';
import { type MemoryLayout, memoryLayout } from './memory-layout.ts';
import { type Metadata, metadataFlag, metadataNumber, metadataNumbers, metadataText } from './metadata.ts';
import type { GgufFile, GgufTensor } from './types.ts';

/** What the values in a GGUF file mean. Counts missing from the file are 0. */
export interface GgufFacts {
  readonly architecture: string;
  readonly name?: string;
  readonly kind: 'model' | 'adapter' | 'projector';
  readonly parameterCount: number;
  /** Quantization, for example "Q4_K_M". */
  readonly fileType: string;
  /** Context length that the model was trained for, in tokens. */
  readonly contextLength: number;
  readonly embeddingLength: number;
  readonly blockCount: number;
  /** Maximum over all layers, where they differ. */
  readonly headCount: number;
  readonly headCountKv: number;
  /** Elements per head of a key and of a value. */
  readonly keyLength: number;
  readonly valueLength: number;
  readonly vocabularySize: number;
  /** `llama_pooling_type`; only embedding models have one. */
  readonly poolingType?: number;
  /** Present if and only if `poolingType` is. */
  readonly embedding?: EmbeddingMetadata;
  readonly chatTemplate?: string;
  /** The template named "tool_use", which some models have for conversations with tools. */
  readonly toolTemplate?: string;
  readonly bosToken?: string;
  readonly eosToken?: string;
  /** IDs of all tokens that end a completion, where the file lists several. */
  readonly endTokens?: readonly number[];
  readonly hasVision: boolean;
  /** Whether the model has a layer that predicts the token after the next one, which can draft. */
  readonly hasPredictingLayer?: boolean;
  /** For an EAGLE-3 model: the embedding length of the model that it drafts for. */
  readonly targetWidth?: number;
  /** Whether the model can fill in the middle of a text. */
  readonly canInsert?: boolean;
  /** Total bytes of all tensors. */
  readonly weightBytes: number;
  /** The blocks, for models only. */
  readonly layout?: MemoryLayout;
}

/** Interprets a header. Never throws: every key may be missing, of another type, or 0. */
export function ggufFacts(file: GgufFile): GgufFacts {
  const { metadata, tensors } = file;
  const architecture = metadataText(metadata, 'general.architecture') ?? 'unknown';
  const count = (key: string) => Math.max(0, ...metadataNumbers(metadata, `${architecture}.${key}`));
  const embeddingLength = count('embedding_length');
  const poolingType = metadataNumber(metadata, `${architecture}.pooling_type`);
  const headCount = count('attention.head_count');
  const headLength = headCount > 0 ? Math.floor(embeddingLength / headCount) : 0;
  const kind = kindOf(metadata, architecture);
  return {
    architecture,
    ...defined({
      name: metadataText(metadata, 'general.name'),
      poolingType,
      embedding: poolingType === undefined ? undefined : embeddingMetadata(metadata, architecture),
      chatTemplate: metadataText(metadata, 'tokenizer.chat_template'),
      toolTemplate: metadataText(metadata, 'tokenizer.chat_template.tool_use'),
      bosToken: specialToken(file, 'bos'),
      eosToken: specialToken(file, 'eos'),
      endTokens: endTokens(metadata, vocabularySize(metadata, architecture)),
      layout: kind === 'model' ? memoryLayout(file) : undefined,
    }),
    kind,
    parameterCount: tensors.reduce((total, tensor) => total + elementCount(tensor), 0),
    fileType: fileTypeOf(file),
    contextLength: count('context_length'),
    embeddingLength,
    blockCount: count('block_count'),
    headCount,
    headCountKv: count('attention.head_count_kv') || headCount,
    keyLength: count('attention.key_length') || headLength,
    valueLength: count('attention.value_length') || headLength,
    vocabularySize: vocabularySize(metadata, architecture),
    hasVision: hasVision(file, architecture),
    ...(hasPredictingLayer(architecture, tensors) && { hasPredictingLayer: true }),
    ...(architecture === 'eagle3' && { targetWidth: count('target_hidden_size') }),
    ...(file.hasInsertTokens && { canInsert: true }),
    weightBytes: tensors.reduce((total, tensor) => total + tensor.byteSize, 0),
  };
}

function kindOf(metadata: Metadata, architecture: string): GgufFacts['kind'] {
  const declared = metadataText(metadata, 'general.type');
  if (declared === 'adapter') return 'adapter';
  if (declared === 'projector' || declared === 'mmproj') return 'projector';
  if (metadata.has(`${architecture}.block_count`)) return 'model';
  const encodes = ['vision', 'audio'].some(
    (sense) => metadataFlag(metadata, `clip.has_${sense}_encoder`) === true,
  );
  if (architecture === 'clip' && encodes) return 'projector';
  return metadata.has(`${architecture}.vision.block_count`) ? 'projector' : 'model';
}

function hasVision({ metadata, tensors }: GgufFile, architecture: string): boolean {
  if (metadataFlag(metadata, 'clip.has_vision_encoder') === true) return true;
  if (metadata.has(`${architecture}.vision.block_count`)) return true;
  return tensors.some((tensor) => tensor.name.startsWith('v.'));
}

function vocabularySize(metadata: Metadata, architecture: string): number {
  const tokens = metadata.get('tokenizer.ggml.tokens');
  if (tokens?.type === 'array') return tokens.value.count;
  return metadataNumber(metadata, `${architecture}.vocab_size`) ?? 0;
}

function specialToken(file: GgufFile, role: 'bos' | 'eos'): string | undefined {
  const id = metadataNumber(file.metadata, `tokenizer.ggml.${role}_token_id`);
  return id === undefined ? undefined : file.specialTokens.get(id);
}

/** At most this many end tokens of a file are used; real models have up to five. */
const MOST_END_TOKENS = 64;

/** Ollama's key, which our import writes too; llama.cpp ignores it. */
function endTokens(metadata: Metadata, tokenCount: number): number[] | undefined {
  const ids = metadataNumbers(metadata, 'tokenizer.ggml.eos_token_ids');
  const valid = ids.filter((id) => Number.isInteger(id) && id >= 0 && id < tokenCount);
  return valid.length === 0 ? undefined : [...new Set(valid)].slice(0, MOST_END_TOKENS);
}

function elementCount(tensor: GgufTensor): number {
  return tensor.shape.reduce((product, length) => product * length, 1);
}

/** Copies an object without its undefined members. */
function defined<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
