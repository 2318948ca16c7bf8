import type { CompletionEvent, CompletionRequest } from '../protocol/completion.ts';
import type { TokenizeOptions } from '../protocol/frames.ts';
import type { RunnerFacts } from '../protocol/load.ts';

/** How a child process exited. */
export interface RunnerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** True when `stop()` had been called. */
  readonly expected: boolean;
  /** The engine's last lines that report errors, oldest first. */
  readonly lastLines: readonly string[];
}

/** The parent's handle on one child process with a loaded model. */
export interface Runner {
  readonly pid: number;
  readonly facts: RunnerFacts;
  /** Resolves when the process has exited; never rejects. */
  readonly exited: Promise<RunnerExit>;
  /**
   * Runs one completion; ends with a `done` event.
   * @throws OllamaError `runner-failed` when the process dies or the engine fails, `canceled` when the signal aborts
   */
  complete(request: CompletionRequest, signal?: AbortSignal): AsyncIterable<CompletionEvent>;
  /**
   * The vector of each input, or the scores of a reranker; not normalised.
   * @param inputs token ids, including special tokens; see `RunnerFacts.embedding` for the limits
   * @throws OllamaError like `complete`; `invalid-request` for a model that completes text
   */
  embed(inputs: readonly (readonly number[])[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** @throws OllamaError like `complete`; `invalid-request` for a text that the vocabulary cannot take */
  tokenize(text: string, options: TokenizeOptions, signal?: AbortSignal): Promise<number[]>;
  /** The bytes of each token by itself; special tokens have the text of their markers. */
  pieces(tokens: readonly number[]): Promise<Uint8Array[]>;
  detokenize(tokens: readonly number[]): Promise<string>;
  /**
   * Asks the process to exit, then sends SIGTERM, then SIGKILL; resolves when it has exited. It is safe to call twice.
   */
  stop(): Promise<void>;
}
