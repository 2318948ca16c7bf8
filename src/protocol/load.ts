/** What the server asks of a child that loads a model, and what the child reports of the loaded model. */

/** Fixed when the model is loaded; another value needs another child. */
export interface LoadOptions {
  /** Path of the GGUF file. */
  readonly modelPath: string;
  /** Paths of LoRA adapters (GGUF); their effects add up. */
  readonly adapterPaths?: readonly string[];
  /** Strength of each adapter, in the order of the paths; 0 = without effect, absent = 1. */
  readonly adapterScales?: readonly number[];
  /** Tokens each slot may hold (prompt and completion together). */
  readonly contextLength: number;
  /** Sequences decoded in parallel. */
  readonly slots: number;
  /** Most tokens in one `llama_decode`. */
  readonly batchSize: number;
  /** 0 = the engine chooses. */
  readonly threads: number;
  /** Layers on GPUs in all; -1 = all that there are. Counts only with `devices`. */
  readonly gpuLayers: number;
  /** The GPUs to use; absent = none. */
  readonly devices?: DevicePlan;
  /** Folder of the libraries, absolute; absent = those of the package for the CPU. */
  readonly libraryFolder?: string;
  readonly useMmap: boolean;
  /** Keep the weights from being swapped out. */
  readonly useMlock?: boolean;
  readonly flashAttention: 'auto' | 'on' | 'off';
  readonly kvCacheType: 'f16' | 'q8_0' | 'q4_0';
  /** Where idle conversations are kept outside the KV cache; absent = nowhere. */
  readonly prefixCache?: PrefixCacheOptions;
}

/** Which GPUs hold the layers of a model. */
export interface DevicePlan {
  /** As ggml names its devices ("CUDA0", "Vulkan1"), in order; empty = the CPU alone. */
  readonly gpus: readonly string[];
  /** The share of the layers for each of them, in the same order: any positive numbers. */
  readonly split: readonly number[];
}

interface PrefixCacheOptions {
  /** Bytes of host memory for idle conversations; 0 = none. */
  readonly hostBytes: number;
  /** Folder for the conversations of all models. */
  readonly folder: string;
  /** Bytes in that folder, of all models together; 0 = none. */
  readonly diskBytes: number;
  /** SHA-256 of the weights, 64 hex digits. */
  readonly modelDigest: string;
}

/** What the loaded model says of itself. */
export interface RunnerFacts {
  /** Tokens each slot holds, after rounding and clamping. */
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
  /** Bytes on each GPU, by ggml's name of it. */
  readonly deviceBytes?: Readonly<Record<string, number>>;
  /** No layer is computed on the CPU; what else is in the system's memory does not slow it down. */
  readonly allLayersOnGpu?: boolean;
  /** Present for a model that makes embeddings; it completes no text. */
  readonly embedding?: EmbeddingFacts;
  /** Present for a model that fills in the middle. */
  readonly insert?: InsertTokens;
}

/** What an embedding model says of itself. */
export interface EmbeddingFacts {
  /** `rank` gives scores of a query and a document in place of a vector. */
  readonly pooling: 'mean' | 'cls' | 'last' | 'rank';
  /** Numbers in one vector. */
  readonly length: number;
  /** Most tokens of one input, special ones included. */
  readonly maxInputTokens: number;
  /** A long input may be computed piece by piece. */
  readonly canSplit: boolean;
  /** Present for `rank`. */
  readonly rerank?: RerankFormat;
}

/** How a reranker's input is made of a query and a document. */
export interface RerankFormat {
  /** With `{query}` and `{document}`; absent = token ids around both. */
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
