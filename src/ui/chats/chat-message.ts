/** What a chat consists of, as the page keeps it. */
import type { Logprob, Metrics, Tool, ToolCall } from '../../api/common.ts';

export type JsonObject = Record<string, unknown>;

/** A file that was added to a message. */
export interface Attachment {
  readonly id: string;
  readonly kind: 'text' | 'image' | 'audio' | 'pdf';
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** Bytes of the file. */
  readonly size: number;
  /** What the model reads, for text and PDF files. */
  readonly text?: string;
  /** The file in base64, for pictures and sound. */
  readonly data?: string;
}

/** How long an answer took and why: the metrics of its last chunk, and what the page measured. Nanoseconds unless said. */
export interface AnswerTiming extends Metrics {
  /** Further members of the last chunk, which newer servers send. */
  readonly [name: string]: unknown;
  /** Milliseconds from the request to the first text, as the page saw them. */
  readonly first_text_ms?: number;
  /** Milliseconds from the request to the end. */
  readonly total_ms?: number;
  /** Name of the run on the server: the `X-Request-Id` of the reply. */
  readonly request_id?: string;
}

/**
 * `streaming`: it is being written; `stopped`: the user ended it; `broken`: it ended because of an error or a lost
 * connection. Both can go on.
 */
type MessageState = 'streaming' | 'stopped' | 'broken' | 'done';

export interface ChatMessage {
  readonly id: string;
  /** The message above; null for the first one. Messages with the same one are alternatives. */
  readonly parent: string | null;
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  /** RFC 3339. */
  readonly created_at: string;
  readonly content: string;
  readonly thinking?: string;
  /** Milliseconds that the model thought, as the page saw them. */
  readonly thinking_ms?: number;
  readonly tool_calls?: readonly ToolCall[];
  /** For the role `tool`: whose result it is. */
  readonly tool_name?: string;
  readonly tool_call_id?: string;
  readonly attachments?: readonly Attachment[];
  /** What an answer was made with. */
  readonly model?: string;
  readonly options?: JsonObject;
  readonly timing?: AnswerTiming;
  readonly done_reason?: string;
  readonly error?: string;
  readonly state?: MessageState;
  readonly logprobs?: readonly Logprob[];
}

/** The settings of a chat, as requests carry them. */
export interface ChatSettings {
  readonly model?: string;
  readonly system?: string;
  readonly options?: JsonObject;
  readonly think?: boolean | string;
  readonly think_budget?: number;
  readonly format?: 'json' | JsonObject;
  readonly tools?: readonly Tool[];
  readonly keep_alive?: string | number;
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
}

/** What is typed but not sent. */
export interface Draft {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

export const emptyDraft: Draft = { text: '', attachments: [] };
