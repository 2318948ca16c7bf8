/** What the mappers of the three kinds of upstreams have in common. They are pure: data in, data out. */
import type { ChatRequest } from '../../api/chat.ts';
import type { Logprob, ToolCall } from '../../api/common.ts';
import type { GenerateRequest } from '../../api/generate.ts';
import type { JsonObject } from '../../base/json-object.ts';
import type { Framing, ReplyEvent } from '../transport/reply-events.ts';

/** A run, in the words of the native API. */
export type AskedRun =
  | { readonly kind: 'chat'; readonly request: ChatRequest }
  | { readonly kind: 'generate'; readonly request: GenerateRequest };

export interface AskedEmbedding {
  readonly input: readonly string[];
  readonly truncate?: boolean | undefined;
  readonly options?: object | undefined;
}

/** To whom a request goes. */
export interface Addressee {
  /** Name of the upstream, for errors. */
  readonly upstream: string;
  /** Name of the model there. */
  readonly model: string;
  /** Whether it understands more than its API has. */
  readonly extensions: boolean;
  readonly host: string;
}

/** A request to an upstream. */
export interface UpstreamCall {
  /** Behind the base of its URL. */
  readonly path: string;
  readonly body: JsonObject;
  /** Parts of the request that it cannot be given, and that are left out. */
  readonly ignored: readonly string[];
  /** Tokens after which the answer ends although the request sets no limit; absent = none. */
  readonly answerLimit?: number;
  readonly framing: Framing;
  /** Reads the reply; each reply needs its own. */
  readonly reader: () => ReplyReader;
}

export interface UpstreamUsage {
  readonly prompt: number;
  readonly cached: number;
  readonly thinking: number;
  readonly output: number;
}

/** A piece of an answer. */
export type AnswerPart =
  | {
      readonly type: 'text';
      readonly content: string;
      readonly thinking: string;
      readonly calls: readonly ToolCall[];
      readonly logprobs?: Logprob[];
    }
  | AnswerEnd;

export interface AnswerEnd {
  readonly type: 'end';
  readonly reason: 'stop' | 'length';
  /** The entry of `stop` that ended the answer. */
  readonly stopText?: string;
  readonly usage: UpstreamUsage;
  /** Nanoseconds, where the upstream tells them. */
  readonly durations?: { readonly load: number; readonly prompt: number; readonly answer: number };
  /** Token IDs, of a generate run. */
  readonly context?: number[];
}

export interface ReplyReader {
  /** Characters of tool calls so far, also of one that is not whole yet: whether an answer goes on. */
  readonly collected: number;
  /** @throws OllamaError `upstream` for an event that reports an error, or is malformed */
  read(event: ReplyEvent): AnswerPart[];
  /** The connection has ended. @throws OllamaError `upstream` if the answer had not */
  end(): AnswerPart[];
}

export interface Dialect {
  headers(key: string | undefined): Record<string, string>;
  /** @throws OllamaError `invalid-request` for what cannot be left out without making the answer a lie */
  run(asked: AskedRun, to: Addressee): UpstreamCall;
  /** @throws OllamaError `invalid-request` if the API has no embeddings */
  embedding(asked: AskedEmbedding, to: Addressee): Omit<UpstreamCall, 'framing' | 'reader'>;
  vectors(reply: JsonObject): { readonly vectors: number[][]; readonly tokens: number };
}

/** Text of which an answer consists that has more is no answer, but an upstream that went wrong. */
export const MAX_ANSWER_CHARACTERS = 64 * 1024 * 1024;
