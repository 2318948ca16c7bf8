/** What the server asks of a child that loads a model, and what the child reports about the loaded model. */
import type { MediaKind } from './media.ts';

/** Fixed when the model is loaded; another value needs another child. */
export interface LoadOptions {
  /** Path of the GGUF file. */
  readonly modelPath: string;
  /** Paths of LoRA adapters (GGUF); their effects add up. */
  readonly adapterPaths?: readonly string[];
  /** Strength of each adapter, in the order of the paths; 0 = no effect, absent = 1. */
  readonly adapterScales?: readonly number[];
  /** A second model that drafts tokens for this one; absent = none. */
  readonly draft?: DraftLoadOptions;
  /** Whether the model's own layers that predict further tokens (MTP) are loaded to draft; absent = no. */
  readonly predictingLayers?: boolean;
  /**
   * When a draft model, or the model's own layers for that, draft: where the measured costs say that it is faster (also if
   * absent), always, or never. Prompt lookup does not depend on it.
   */
  readonly drafting?: 'auto' | 'on' | 'off';
  /** Path of the GGUF file with the encoder of pictures or sound, which may be the model's own; absent = text only. */
  readonly projectorPath?: string;
  /** ggml's name of the GPU that holds all of the encoder; absent = the CPU computes it. */
  readonly projectorGpu?: string;
  /**
   * Number of tokens of a call that recurrent states can step back, so that drafts can be taken back; each of them takes as
   * much memory as the state. Absent = 0.
   */
  readonly snapshots?: number;
  /**
   * Whether the attention has weights that a processor's matrix units cannot compute, although llama.cpp gives them to these: it then
   * ends the process (`GGML_ASSERT(*cur_backend_id != -1)`). Absent = no.
   */
  readonly avoidsMatrixUnits?: boolean;
  /** IDs of tokens that end a completion, beside those that llama.cpp knows. */
  readonly endTokens?: readonly number[];
  /** Number of tokens that each slot can hold (prompt and completion together). */
  readonly contextLength: number;
  /** Number of sequences decoded in parallel. */
  readonly slots: number;
  /** Maximum number of tokens in one `llama_decode`. */
  readonly batchSize: number;
  /** 0 = the engine chooses. */
  readonly threads: number;
  /** Total number of layers on GPUs; -1 = all layers. Applies only with `devices`. */
  readonly gpuLayers: number;
  /** Number of first layers whose experts stay on the CPU although a GPU computes the rest; absent = 0. */
  readonly expertLayersOnCpu?: number;
  /** The GPUs to use; absent = none. */
  readonly devices?: DevicePlan;
  /** Absolute path of the folder with the libraries; absent = those of the CPU package. */
  readonly libraryFolder?: string;
  readonly useMmap: boolean;
  /** Whether the child is started with huge pages for its own memory; absent = no. */
  readonly hugePages?: boolean;
  /** Prevent the weights from being swapped out. */
  readonly useMlock?: boolean;
  readonly flashAttention: 'auto' | 'on' | 'off';
  readonly kvCacheType: 'f16' | 'q8_0' | 'q4_0';
  /** Whether each slot keeps the logits after its prompt, so that the same prompt again needs no decode; absent = no. */
  readonly keepLogits?: boolean;
  /** Whether our own matcher follows grammars where it can, or always llama.cpp's sampler; absent = auto. */
  readonly grammarMatcher?: 'auto' | 'off';
  /** Whether the child reports what it counts; absent = no. */
  readonly reportsFigures?: boolean;
  /** The child reports which whole blocks of so many tokens its caches hold; absent = it does not. */
  readonly heldBlocks?: number;
  /** Where idle conversations are kept outside the KV cache; absent = nowhere. */
  readonly prefixCache?: PrefixCacheOptions;
}

/** How to load the model that drafts. */
interface DraftLoadOptions {
  /** Path of its GGUF file. */
  readonly modelPath: string;
  /** ggml's name of the GPU that holds all of it; absent = the CPU computes it. */
  readonly gpu?: string;
}

/** Which GPUs hold the layers of a model. */
export interface DevicePlan {
  /** ggml's names of the devices ("CUDA0", "Vulkan1"), in order; empty = only the CPU. */
  readonly gpus: readonly string[];
  /** The share of the layers for each of them, in the same order: any positive numbers. */
  readonly split: readonly number[];
}

interface PrefixCacheOptions {
  /** Bytes of host memory for idle conversations; 0 = none. */
  readonly hostBytes: number;
  /** Folder for the conversations of all models. */
  readonly folder: string;
  /** Byte budget of that folder for all models together; 0 = none. */
  readonly diskBytes: number;
  /** SHA-256 of the weights, 64 hex digits. */
  readonly modelDigest: string;
}

/** What the child reports about the loaded model. */
export interface RunnerFacts {
  /** Number of tokens that each slot holds, after rounding and clamping. */
  readonly contextLength: number;
  readonly slots: number;
  readonly bos: number;
  readonly eos: number;
  readonly addsBos: boolean;
  /** Text of the special tokens, "" where the model has none. */
  readonly bosText: string;
  readonly eosText: string;
  /** Bytes of weights, KV cache and compute buffers, on all devices. */
  readonly memoryBytes: number;
  /** The part of `memoryBytes` on GPUs. */
  readonly gpuMemoryBytes: number;
  /** Bytes on each GPU, by ggml's name for it. */
  readonly deviceBytes?: Readonly<Record<string, number>>;
  /** What `memoryBytes` is for, on each device. */
  readonly deviceMemory?: readonly DeviceBytes[];
  /** Whether no layer, and no part of one, is computed on the CPU; anything else in the system's memory does not slow the model down. */
  readonly allLayersOnGpu?: boolean;
  /** What drafts tokens for the model, beside prompt lookup; absent = nothing. */
  readonly drafts?: 'model' | 'predicting-layers';
  /** Why a draft model that was to be loaded is not used. */
  readonly draftProblem?: string;
  /** Present for a model that computes embeddings; such a model completes no text. */
  readonly embedding?: EmbeddingFacts;
  /** Present for a model that supports fill-in-the-middle. */
  readonly insert?: InsertTokens;
  /** Present for a model with an encoder of pictures or sound. */
  readonly media?: MediaFacts;
}

/** Bytes on one device. */
export interface DeviceBytes {
  /** "system", or ggml's name of a GPU. */
  readonly device: string;
  readonly weights: number;
  /** The KV cache, and recurrent states. */
  readonly cache: number;
  readonly compute: number;
  /** What does not belong to the others, such as the encoder of pictures. */
  readonly other: number;
}

/** What the child reports about the encoder of pictures or sound. */
export interface MediaFacts {
  readonly kinds: readonly MediaKind[];
  /** Number of values in one row. */
  readonly rowWidth: number;
  /** Maximum number of tokens of one piece. */
  readonly mostTokens: number;
  /** Whether rows of one piece attend to each other in both directions, so that a piece is computed in one go. */
  readonly isBidirectional: boolean;
  /** Whether positions have four parts (M-RoPE). */
  readonly hasGridPositions: boolean;
  /** Bytes of the encoder, weights and buffers; a part of `RunnerFacts.memoryBytes`. */
  readonly encoderBytes: number;
  /** Bytes of rows on their way into the model, in the system's memory; a part of it, too. */
  readonly rowBytes: number;
  /** ggml's name of the GPU that holds the encoder; absent = the CPU computes it. */
  readonly gpu?: string;
}

/** What the child reports about an embedding model. */
export interface EmbeddingFacts {
  /** `rank` yields scores for a query and a document instead of a vector. */
  readonly pooling: 'mean' | 'cls' | 'last' | 'rank';
  /** Number of values in one vector. */
  readonly length: number;
  /** Maximum number of tokens in one input, including special tokens. */
  readonly maxInputTokens: number;
  /** Whether a long input may be computed piece by piece. */
  readonly canSplit: boolean;
  /** Maximum number of tokens in one input with pictures or sound; absent = inputs have none. */
  readonly maxMediaInputTokens?: number;
  /** Present for `rank`. */
  readonly rerank?: RerankFormat;
}

/** How a reranker's input is built from a query and a document. */
export interface RerankFormat {
  /** A template with `{query}` and `{document}`; absent = token ids around both. */
  readonly template?: string;
  readonly before: readonly number[];
  readonly between: readonly number[];
  readonly after: readonly number[];
}

/** Token ids that mark the parts of a text with a gap to fill in. */
export interface InsertTokens {
  readonly prefix: number;
  readonly suffix: number;
  readonly middle: number;
}
