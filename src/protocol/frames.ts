/**
 * The frames that cross the pipe between the server and a model's child process. Each frame is one JSON value behind its
 * length (see `frame-codec.ts`). The child answers every `id` with exactly one last frame.
 */
import type { CompletionEvent, CompletionRequest } from './completion.ts';
import type { LoadOptions, RunnerFacts } from './load.ts';

export interface TokenizeOptions {
  /** Add BOS (and EOS) as the model's tokenizer asks for. */
  readonly addSpecial: boolean;
  /** Read `<|…|>` markers as special tokens. */
  readonly parseSpecial: boolean;
}

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
  | ({ readonly type: 'tokenize'; readonly id: number; readonly text: string } & TokenizeOptions)
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
