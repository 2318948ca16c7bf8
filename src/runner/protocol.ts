/**
 * What crosses the pipe between the server and a model's child process. Each frame is one JSON value behind its
 * length (see `framing.ts`). The child answers every `id` with exactly one last frame.
 */

/** Fixed when the model is loaded; another value needs another child. */
export interface LoadOptions {
  /** Path of the GGUF file. */
  readonly modelPath: string;
  /** Paths of LoRA adapters (GGUF), each applied with scale 1. */
  readonly adapterPaths?: readonly string[];
  /** Tokens each slot may hold (prompt and completion together). */
  readonly contextLength: number;
  /** Sequences decoded in parallel. */
  readonly slots: number;
  /** Most tokens in one `llama_decode`. */
  readonly batchSize: number;
  /** 0 = the engine chooses. */
  readonly threads: number;
  /** Layers on the GPU; -1 = all that there are. */
  readonly gpuLayers: number;
  readonly useMmap: boolean;
  readonly flashAttention: 'auto' | 'on' | 'off';
  readonly kvCacheType: 'f16' | 'q8_0' | 'q4_0';
  /** Where idle conversations are kept outside the KV cache; absent = nowhere. */
  readonly prefixCache?: PrefixCacheOptions;
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
}

export interface CompletionRequest {
  /** Token ids; not empty, shorter than the slot's context. */
  readonly prompt: readonly number[];
  readonly sampling: SamplingOptions;
  /** The completion ends before any of these texts. */
  readonly stop: readonly string[];
  /** Most tokens to generate; negative = no limit but the context. */
  readonly maxTokens: number;
  /** Tokens at the start that survive a context shift; negative = the whole prompt. */
  readonly keep: number;
  /** Drop old tokens when the context is full; false = finish with `length`. */
  readonly shift: boolean;
  /** GBNF grammar that the completion must match. */
  readonly grammar?: string;
  /** Alternatives to report per token; absent = no log probabilities at all. */
  readonly topLogprobs?: number;
  /** What was computed for one salt is never used for another. */
  readonly cacheSalt?: string;
}

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

export interface CompletionLogprob extends TokenLogprob {
  readonly topLogprobs: readonly TokenLogprob[];
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
}

export type FinishReason = 'stop' | 'length';

export interface CompletionTimings {
  readonly promptTokens: number;
  /** The part of `promptTokens` whose KV cache was still there. */
  readonly cachedTokens: number;
  /** From the start of prefill to the first token, nanoseconds. */
  readonly promptNanoseconds: number;
  readonly completionTokens: number;
  readonly completionNanoseconds: number;
}

export type CompletionEvent =
  | { readonly type: 'text'; readonly text: string; readonly logprobs?: readonly CompletionLogprob[] }
  | {
      readonly type: 'done';
      readonly reason: FinishReason;
      readonly timings: CompletionTimings;
      /** Token ids generated, without the end-of-generation token. */
      readonly tokens: readonly number[];
    };

export type ParentFrame =
  | {
      readonly type: 'load';
      readonly options: LoadOptions;
      /** A line for the child's standard error once all of the engine's load messages are out. */
      readonly loadedMarker: string;
    }
  | { readonly type: 'complete'; readonly id: number; readonly request: CompletionRequest }
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
  | { readonly type: 'detokenize'; readonly id: number; readonly tokens: readonly number[] }
  /** The child saves its cache within the time, then ends. */
  | { readonly type: 'stop'; readonly saveMs: number };

export type ChildErrorCode = 'invalid-request' | 'prompt-too-long' | 'runner-failed' | 'canceled';

export type ChildFrame =
  | { readonly type: 'load-progress'; readonly fraction: number }
  | { readonly type: 'ready'; readonly facts: RunnerFacts }
  | { readonly type: 'load-failed'; readonly message: string }
  | { readonly type: 'event'; readonly id: number; readonly event: CompletionEvent }
  | { readonly type: 'tokens'; readonly id: number; readonly tokens: readonly number[] }
  | { readonly type: 'text'; readonly id: number; readonly text: string }
  | { readonly type: 'failed'; readonly id: number; readonly code: ChildErrorCode; readonly message: string };
