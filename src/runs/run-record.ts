/** What is known of a run when it ends, for whoever counts, limits, measures or traces. */
import type { OllamaError } from '../base/errors.ts';
import type { RunContent } from './run-content.ts';
import type { RunOrigin } from './run-origin.ts';

export type RunKind = 'chat' | 'generate' | 'embed' | 'rerank' | 'tokenize';

/** Milliseconds of `performance.now()`; an absent one was not reached. */
export interface RunTimes {
  /** The request was read and checked. */
  readonly started: number;
  /** It asked the scheduler for its model. */
  readonly queued?: number;
  /** It got the model, which was loaded for it if necessary. */
  readonly granted?: number;
  /** The first text of the answer came, or the vectors did. */
  readonly firstToken?: number;
  /** The completion ended. */
  readonly lastToken?: number;
  readonly ended: number;
}

/** A stretch of time, in milliseconds of `performance.now()`. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Numbers of tokens. */
export interface RunTokens {
  readonly prompt: number;
  /** How many of `prompt` were in a KV cache already. */
  readonly cached: number;
  /** How many of `output` were thinking. */
  readonly thinking: number;
  /** For a run that did not reach its end, the pieces of text that came, each of one token or more. */
  readonly output: number;
}

/** Values that the request or its model sets, after defaults. */
export interface RunAsked {
  readonly stream?: boolean;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  /** Absent = the request leaves it open. */
  readonly outputType?: 'json';
}

export type RunOutcome =
  | 'stop'
  | 'length'
  /** The model was only loaded. */
  | 'load'
  /** The model was only unloaded. */
  | 'unload'
  /** Vectors, scores, tokens or a rendered prompt were returned. */
  | 'done'
  | 'canceled'
  /** The request was at fault. */
  | 'refused'
  /** The server was at fault. */
  | 'failed';

/** One request to another server, in milliseconds of `performance.now()`. */
export interface RemoteCall extends Period {
  /** Name of the upstream. */
  readonly upstream: string;
  readonly host: string;
  /** The model's name there. */
  readonly model: string;
  /** Why it gave no answer, or no whole one; absent = it did. */
  readonly error?: string;
}

export interface RunRecord {
  readonly requestId: string;
  readonly kind: RunKind;
  /** As `ollama list` shows it; of the alias if one was asked for. Absent = no such model. */
  readonly model?: string;
  /** ID of the API key; absent = none. */
  readonly keyId?: string;
  readonly keyName?: string;
  readonly client: string;
  readonly priority: number;
  /** Counts the answers to one prompt of a request from 0; absent = 0. Each has the tokens of the prompt in its record. */
  readonly choice?: number;
  readonly asked: RunAsked;
  readonly times: RunTimes;
  /** The loads for which the run waited, as far as it waited; a second one when its prompt needed a longer context. */
  readonly loads: readonly Period[];
  /** Milliseconds that the load took for which the run waited; 0 = it was loaded. */
  readonly loadMs: number;
  /** Milliseconds that the engine computed the prompt. */
  readonly prefillMs: number;
  /** Milliseconds that the engine computed the answer. */
  readonly decodeMs: number;
  readonly tokens: RunTokens;
  /** Numbers of tokens that were drafted, and of those that the model accepted. */
  readonly drafts: { readonly drafted: number; readonly accepted: number };
  /** Number of tools that the answer calls. */
  readonly calls: number;
  readonly outcome: RunOutcome;
  /** Set for a run that was refused or failed. */
  readonly error?: OllamaError;
  /** The upstreams that were asked, in order; absent = the model ran here. */
  readonly remoteCalls?: readonly RemoteCall[];
  /** Absent = nobody follows the run from outside. */
  readonly origin?: RunOrigin;
  /** Only if an observer wants it. */
  readonly content?: RunContent;
}

/** Is told of each run once, when it has ended. Must return quickly: it runs between the tokens of other runs. */
export interface RunObserver {
  /** Whether it needs what was said; absent = no. */
  readonly wantsContent?: boolean;
  ended(record: RunRecord): void;
}
