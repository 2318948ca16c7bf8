/**
 * The frames that cross the pipe between the server and a model's child process. Each frame is one JSON value after its
 * length (see `frame-codec.ts`). The child answers every `id` with exactly one final frame.
 */
import type { CompletionEvent, CompletionRequest } from './completion.ts';
import type { LoadOptions, RunnerFacts } from './load.ts';
import type { TokenizedText } from './tokens.ts';

export interface TokenizeOptions {
  /** Add BOS (and EOS) as the model's tokenizer requires. */
  readonly addSpecial: boolean;
  /** Read `<|…|>` markers as special tokens. */
  readonly parseSpecial: boolean;
}

export type ParentFrame =
  | {
      readonly type: 'load';
      readonly options: LoadOptions;
      /**
       * A line that the child writes to standard error after all of the engine's load messages, even when loading
       * failed.
       */
      readonly loadedMarker: string;
    }
  | { readonly type: 'complete'; readonly id: number; readonly request: CompletionRequest }
  /** Token ids of each input; none is empty, none has more than the model's `maxInputTokens`. */
  | { readonly type: 'embed'; readonly id: number; readonly inputs: readonly (readonly number[])[] }
  | { readonly type: 'cancel'; readonly id: number }
  | ({ readonly type: 'tokenize'; readonly id: number; readonly text: string } & TokenizeOptions)
  | { readonly type: 'pieces'; readonly id: number; readonly tokens: readonly number[] }
  | { readonly type: 'detokenize'; readonly id: number; readonly tokens: readonly number[] }
  /** The child saves its cache within the time limit, then exits. */
  | { readonly type: 'stop'; readonly saveMs: number };

export type ChildErrorCode = 'invalid-request' | 'prompt-too-long' | 'overrun' | 'runner-failed' | 'canceled';

export type ChildFrame =
  | { readonly type: 'load-progress'; readonly fraction: number }
  | { readonly type: 'ready'; readonly facts: RunnerFacts }
  | { readonly type: 'load-failed'; readonly message: string }
  /**
   * Number of steps computed since the start, sent at intervals while there is work: a changed number is a sign of
   * life.
   */
  | { readonly type: 'alive'; readonly steps: number }
  | { readonly type: 'event'; readonly id: number; readonly event: CompletionEvent }
  /** One vector per input, each base64 of 32-bit floats, little-endian. */
  | { readonly type: 'embeddings'; readonly id: number; readonly vectors: readonly string[] }
  | ({ readonly type: 'tokens'; readonly id: number } & TokenizedText)
  /** The bytes of each token, as base64. */
  | { readonly type: 'pieces'; readonly id: number; readonly pieces: readonly string[] }
  | { readonly type: 'text'; readonly id: number; readonly text: string }
  | { readonly type: 'failed'; readonly id: number; readonly code: ChildErrorCode; readonly message: string };
