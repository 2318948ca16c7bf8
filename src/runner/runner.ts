import type { CompletionEvent, CompletionPrompt, CompletionRequest } from '../protocol/completion.ts';
import type { TokenizeOptions } from '../protocol/frames.ts';
import type { RunnerFacts } from '../protocol/load.ts';
import type { MediaSpan } from '../protocol/media.ts';

/** How a child process exited. */
export interface RunnerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** True when `stop()` had been called. */
  readonly expected: boolean;
  /** The engine's last lines that report errors, oldest first. */
  readonly lastLines: readonly string[];
}

/** Returns the data of a piece; the child asks for it when it must encode the piece, and again after a reload. */
export type MediaSource = (digest: string) => Promise<Uint8Array>;

/** A completion with what its child may ask for. */
export interface RunnerRequest<Prompt extends CompletionPrompt = readonly number[]>
  extends CompletionRequest<Prompt> {
  /** Needed for a request with `media`. An error that it throws is the completion's. It stays in this process. */
  readonly mediaData?: MediaSource;
  /** Aborts when the thinking is to end, so that the answer begins. It stays in this process. */
  readonly endThinking?: AbortSignal;
}

/** How a text is converted, and for whom. */
export interface TextOptions extends TokenizeOptions {
  /** What is remembered of a text is used for texts with the same salt only. */
  readonly salt?: string | undefined;
}

/** The pictures and sounds of inputs to embed. */
export interface EmbeddedMedia {
  /** Where those of each input lie, in order. */
  readonly spans: readonly (readonly MediaSpan[])[];
  readonly data: MediaSource;
}

/** The parent's handle on one child process with a loaded model. */
export interface Runner {
  readonly pid: number;
  readonly facts: RunnerFacts;
  /** Resolves when the process has exited; never rejects. */
  readonly exited: Promise<RunnerExit>;
  /**
   * Runs one completion; ends with a `done` event. If the prompt is a text, the first event reports its tokens.
   * @throws OllamaError `runner-failed` when the process dies or the engine fails, `canceled` when the signal aborts,
   * `prompt-too-long` and `invalid-request` for a prompt that cannot be computed
   */
  complete(request: RunnerRequest<CompletionPrompt>, signal?: AbortSignal): AsyncIterable<CompletionEvent>;
  /**
   * The vector of each input, or the scores of a reranker; not normalised.
   * @param inputs token ids, including special tokens; see `RunnerFacts.embedding` for the limits
   * @param media the pictures and sounds of the inputs; absent = they have none
   * @throws OllamaError like `complete`; `invalid-request` for a model that completes text
   */
  embed(
    inputs: readonly (readonly number[])[],
    signal?: AbortSignal,
    media?: EmbeddedMedia,
  ): Promise<Float32Array[]>;
  /** @throws OllamaError like `complete`; `invalid-request` for a text that the vocabulary cannot take */
  tokenize(text: string, options: TextOptions, signal?: AbortSignal): Promise<number[]>;
  /** The bytes of each token by itself; special tokens have the text of their markers. */
  pieces(tokens: readonly number[]): Promise<Uint8Array[]>;
  /** @param skipSpecial leaves out the texts of control tokens */
  detokenize(tokens: readonly number[], skipSpecial?: boolean): Promise<string>;
  /** Whether the process reports its steps from now on, until it is told otherwise. */
  watchSteps(isWatched: boolean): void;
  /** Asks the process to report again what its caches hold, if its load asked for such reports. */
  reportHeld(): void;
  /**
   * Asks the process to exit, then sends SIGTERM, then SIGKILL; resolves when it has exited. It is safe to call twice.
   */
  stop(): Promise<void>;
}
