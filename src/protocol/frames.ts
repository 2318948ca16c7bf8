/**
 * The frames that cross the pipe between the server and a model's child process. Each frame is one JSON value after its
 * length (see `frame-codec.ts`). The child answers every `id` with exactly one final frame.
 */
import type { CompletionEvent, CompletionPrompt, CompletionRequest } from './completion.ts';
import type { EngineFigures } from './engine-figures.ts';
import type { HeldReport } from './held-report.ts';
import type { LoadOptions, RunnerFacts } from './load.ts';
import type { MediaSpan } from './media.ts';
import type { StepReport } from './step-report.ts';
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
  | { readonly type: 'complete'; readonly id: number; readonly request: CompletionRequest<CompletionPrompt> }
  | {
      readonly type: 'embed';
      readonly id: number;
      /** Token ids of each input; none is empty, none has more than the model's `maxInputTokens`, or `maxMediaInputTokens`. */
      readonly inputs: readonly (readonly number[])[];
      /** Where the pictures and sounds of each input lie, in order; absent = no input has any. */
      readonly media?: readonly (readonly MediaSpan[])[];
    }
  | { readonly type: 'cancel'; readonly id: number }
  /** The completion ends its thinking with the next token, as when its budget is used up. It does nothing after the thinking. */
  | { readonly type: 'end-thinking'; readonly id: number }
  /** The next part of the data of a piece that the child asked for, as base64; all parts are `MEDIA_PART_BYTES` long but the last. */
  | { readonly type: 'media'; readonly id: number; readonly digest: string; readonly data: string }
  | ({ readonly type: 'tokenize'; readonly id: number; readonly text: string } & TokenizeOptions)
  | { readonly type: 'pieces'; readonly id: number; readonly tokens: readonly number[] }
  | {
      readonly type: 'detokenize';
      readonly id: number;
      readonly tokens: readonly number[];
      /** Leaves out the texts of control tokens. */
      readonly skipSpecial?: boolean;
    }
  /** Whether the child reports its steps from now on; it does not at first. It answers with the first report. */
  | { readonly type: 'watch'; readonly isWatched: boolean }
  /** The child reports again what its caches hold, from the start; only if the load asked for such reports. */
  | { readonly type: 'report-held' }
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
  /** What was counted since the frame before, sent at intervals while there is work and once after it, if the load asked for it. */
  | { readonly type: 'figures'; readonly figures: EngineFigures }
  /** What was computed since the frame before, at intervals while there is work, and only while the parent watches. */
  | { readonly type: 'steps'; readonly report: StepReport }
  /** What its caches hold has changed since the frame before, if the load asked for that. */
  | { readonly type: 'held'; readonly report: HeldReport }
  | { readonly type: 'event'; readonly id: number; readonly event: CompletionEvent }
  /** The request cannot go on without the data of this piece. The parent answers with `media` frames, or cancels it. */
  | { readonly type: 'media-wanted'; readonly id: number; readonly digest: string }
  /** One vector per input, each base64 of 32-bit floats, little-endian. */
  | { readonly type: 'embeddings'; readonly id: number; readonly vectors: readonly string[] }
  | ({ readonly type: 'tokens'; readonly id: number } & TokenizedText)
  /** The bytes of each token, as base64. */
  | { readonly type: 'pieces'; readonly id: number; readonly pieces: readonly string[] }
  | { readonly type: 'text'; readonly id: number; readonly text: string }
  | { readonly type: 'failed'; readonly id: number; readonly code: ChildErrorCode; readonly message: string };

/** A line that the child writes to standard error before the load messages of what drafts for the model. */
export function draftsMarker(loadedMarker: string): string {
  return `${loadedMarker}: drafts`;
}

/** A line that the child writes to standard error before buffers that only replace others. */
export function layoutMarker(loadedMarker: string): string {
  return `${loadedMarker}: layout`;
}
