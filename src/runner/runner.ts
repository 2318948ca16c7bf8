import type { CompletionEvent, CompletionRequest } from '../protocol/completion.ts';
import type { TokenizeOptions } from '../protocol/frames.ts';
import type { RunnerFacts } from '../protocol/load.ts';

/** How a child process ended. */
export interface RunnerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** True when `stop()` had been called. */
  readonly expected: boolean;
  /** The engine's last lines that speak of errors, oldest first. */
  readonly lastLines: readonly string[];
}

/** The parent's handle on one child process with a loaded model. */
export interface Runner {
  readonly pid: number;
  readonly facts: RunnerFacts;
  /** Settles once the process is gone; never rejects. */
  readonly exited: Promise<RunnerExit>;
  /**
   * Runs one completion; ends with a `done` event.
   * @throws OllamaError `runner-failed` when the process dies or the engine fails, `canceled` when the signal aborts
   */
  complete(request: CompletionRequest, signal?: AbortSignal): AsyncIterable<CompletionEvent>;
  /**
   * The vector of each input, or the scores of a reranker; not normalised.
   * @param inputs token ids, special ones included; see `RunnerFacts.embedding` for the limits
   * @throws OllamaError as `complete`, `invalid-request` for a model that completes text
   */
  embed(inputs: readonly (readonly number[])[], signal?: AbortSignal): Promise<Float32Array[]>;
  tokenize(text: string, options: TokenizeOptions): Promise<number[]>;
  /** The bytes of each token by itself; special tokens have their marks. */
  pieces(tokens: readonly number[]): Promise<Uint8Array[]>;
  detokenize(tokens: readonly number[]): Promise<string>;
  /** Asks the process to end, then SIGTERM, then SIGKILL; resolves when it is gone. Safe to call twice. */
  stop(): Promise<void>;
}
