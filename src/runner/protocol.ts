/**
 * What crosses the pipe between the server and a model's child process. Each frame is one JSON value behind its
 * length (see `framing.ts`). The child answers every `id` with exactly one last frame.
 */

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

export interface SamplingOptions {
  /** <= 0 picks the likeliest token. */
  readonly temperature: number;
  /** <= 0 = off. */
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly typicalP: number;
  readonly repeatPenalty: number;
  /** Tokens looked back at by the penalties; 0 = off, -1 = the context. */
  readonly repeatLastN: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** Negative = a new one each time. */
  readonly seed: number;
  /** Replaces the cuts of `topK` to `minP` and XTC. Absent = off, as all below. */
  readonly mirostat?: MirostatOptions;
  readonly dry?: DryOptions;
  readonly xtc?: { readonly probability: number; readonly threshold: number };
  /** Keeps what is at most this many standard deviations below the likeliest token's logit. */
  readonly topNSigma?: number;
  /** The temperature follows the entropy, at most `range` away from `temperature`. */
  readonly dynamicTemperature?: { readonly range: number; readonly exponent: number };
  /** Added to the logit of a token, or of each token of a text; false = never. */
  readonly logitBias?: readonly (readonly [token: number | string, bias: number | false])[];
  /** No end-of-generation token before this many tokens. */
  readonly minTokens?: number;
  /** No end-of-generation token at all. */
  readonly ignoreEos?: boolean;
}

export interface MirostatOptions {
  readonly version: 1 | 2;
  /** Aimed-at surprise, bits. */
  readonly tau: number;
  /** Learning rate. */
  readonly eta: number;
}

export interface DryOptions {
  readonly multiplier: number;
  readonly base: number;
  /** Longest repetition without a penalty, tokens. */
  readonly allowedLength: number;
  /** Tokens looked back at; negative = the context. */
  readonly lastN: number;
  /** Texts that no repetition goes across. */
  readonly breakers: readonly string[];
}

export interface CompletionRequest {
  /** Token ids; not empty, shorter than the slot's context. */
  readonly prompt: readonly number[];
  readonly sampling: SamplingOptions;
  /** The completion ends before any of these texts. */
  readonly stop: readonly string[];
  /** Texts that the completion goes around, in any case of letters. */
  readonly bannedStrings?: readonly string[];
  /** Most tokens to generate; negative = no limit but the context. */
  readonly maxTokens: number;
  /** Tokens at the start that survive a context shift; negative = the whole prompt. */
  readonly keep: number;
  /** Drop old tokens when the context is full; false = finish with `length`. */
  readonly shift: boolean;
  /** GBNF grammar that the completion must match. */
  readonly grammar?: string;
  /** Most tokens guessed ahead where the text repeats itself; absent = the engine's own limit, 0 = off. */
  readonly draftTokens?: number;
  /** Alternatives to report per token; absent = no log probabilities at all. */
  readonly topLogprobs?: number;
  /** What was computed for one salt is never used for another. */
  readonly cacheSalt?: string;
  /** Control tokens, by their text, that are shown like any other; unknown texts are none. */
  readonly visibleTokens?: readonly string[];
  /** How the thinking of this completion is told apart from its answer. */
  readonly thinking?: ThinkingOptions;
}

export interface ThinkingOptions {
  /** What begins the thinking at the completion's start; absent = the completion cannot begin it. */
  readonly start?: string;
  readonly end: string;
  /** The prompt has begun the thinking already. */
  readonly startsInside: boolean;
  /** Most tokens of thinking, after which `end` is put in; absent = no limit. */
  readonly budget?: number;
}

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

export interface CompletionLogprob extends TokenLogprob {
  readonly topLogprobs: readonly TokenLogprob[];
}

/** How a reranker's input is made of a query and a document. */
export interface RerankFormat {
  /** With `{query}` and `{document}`; absent = token ids around both. */
  readonly template?: string;
  readonly before: readonly number[];
  readonly between: readonly number[];
  readonly after: readonly number[];
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

/** Token ids that mark the parts of a text with a gap to fill in. */
export interface InsertTokens {
  readonly prefix: number;
  readonly suffix: number;
  readonly middle: number;
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

/** One device that the inference libraries reach. */
export interface ReportedDevice {
  /** As ggml names it: "CPU", "CUDA0". */
  readonly id: string;
  readonly description: string;
  readonly kind: 'gpu' | 'igpu' | 'cpu';
  /** ggml's name of what drives it: "CUDA", "Vulkan", "MTL". */
  readonly library: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Place on the PCI bus, such as "0000:c1:00.0". */
  readonly busId?: string | undefined;
}

export interface DeviceReport {
  readonly devices: readonly ReportedDevice[];
  /** Why libraries that are there could not be used. */
  readonly problems: readonly string[];
}

export type FinishReason = 'stop' | 'length';

export interface CompletionTimings {
  readonly promptTokens: number;
  /** The part of `promptTokens` whose KV cache was still there. */
  readonly cachedTokens: number;
  /** From the start of prefill to the first token, nanoseconds. */
  readonly promptNanoseconds: number;
  /** Tokens guessed ahead, and those of them that were right. */
  readonly draftedTokens: number;
  readonly acceptedTokens: number;
  readonly completionTokens: number;
  /** The part of `completionTokens` that was thinking; 0 when the request did not say how to tell. */
  readonly thinkingTokens: number;
  readonly completionNanoseconds: number;
}

export type CompletionEvent =
  | { readonly type: 'text'; readonly text: string; readonly logprobs?: readonly CompletionLogprob[] }
  | {
      readonly type: 'done';
      readonly reason: FinishReason;
      /** The stop string that ended it; absent = something else did. */
      readonly stopText?: string;
      readonly timings: CompletionTimings;
      /** Token ids generated, without the end-of-generation token. */
      readonly tokens: readonly number[];
    };

export type ParentFrame =
  | {
      readonly type: 'load';
      readonly options: LoadOptions;
      /** A line for the child's standard error once all of the engine's load messages are out, also when it failed. */
      readonly loadedMarker: string;
    }
  | { readonly type: 'complete'; readonly id: number; readonly request: CompletionRequest }
  /** Token ids of each input; none empty, none over the model's `maxInputTokens`. */
  | { readonly type: 'embed'; readonly id: number; readonly inputs: readonly (readonly number[])[] }
  | { readonly type: 'cancel'; readonly id: number }
  | {
      readonly type: 'tokenize';
      readonly id: number;
      readonly text: string;
      /** Add BOS (and EOS) as the model wants them. */
      readonly addSpecial: boolean;
      /** Read `<|…|>` markers as special tokens. */
      readonly parseSpecial: boolean;
    }
  | { readonly type: 'pieces'; readonly id: number; readonly tokens: readonly number[] }
  | { readonly type: 'detokenize'; readonly id: number; readonly tokens: readonly number[] }
  /** The child saves its cache within the time, then ends. */
  | { readonly type: 'stop'; readonly saveMs: number };

export type ChildErrorCode = 'invalid-request' | 'prompt-too-long' | 'runner-failed' | 'canceled';

export type ChildFrame =
  | { readonly type: 'load-progress'; readonly fraction: number }
  | { readonly type: 'ready'; readonly facts: RunnerFacts }
  | { readonly type: 'load-failed'; readonly message: string }
  /** Steps computed since the start, every now and then while there is work: a changed number is a sign of life. */
  | { readonly type: 'alive'; readonly steps: number }
  | { readonly type: 'event'; readonly id: number; readonly event: CompletionEvent }
  /** One vector per input, each base64 of 32-bit floats, little-endian. */
  | { readonly type: 'embeddings'; readonly id: number; readonly vectors: readonly string[] }
  | { readonly type: 'tokens'; readonly id: number; readonly tokens: readonly number[] }
  /** The bytes of each token, base64. */
  | { readonly type: 'pieces'; readonly id: number; readonly pieces: readonly string[] }
  | { readonly type: 'text'; readonly id: number; readonly text: string }
  | { readonly type: 'failed'; readonly id: number; readonly code: ChildErrorCode; readonly message: string };

/** What the quantizing child gets, as JSON on its command line. */
export interface QuantizeJob {
  readonly inputPath: string;
  /** Written over. */
  readonly outputPath: string;
  /** `llama_ftype` number. */
  readonly fileType: number;
  /** The first that matches counts. */
  readonly overrides: readonly TensorTypeOverride[];
}

export interface TensorTypeOverride {
  /** Regular expression of C++, searched in the names of tensors. */
  readonly pattern: string;
  /** `ggml_type` number. */
  readonly type: number;
}
