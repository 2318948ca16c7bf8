/** An answer as it grows: what each chunk of the server adds to it. */
import type { ChatResponse } from '../../api/chat.ts';
import type { Logprob, ToolCall } from '../../api/common.ts';
import type { AnswerTiming, ChatMessage } from './chat-message.ts';

/** Where a waiting answer is. */
export interface AnswerProgress {
  readonly phase: 'waiting' | 'loading' | 'prompt' | 'thinking' | 'answer';
  /** Place in the line, from 1. */
  readonly position?: number;
  /** Why it waits: until other models are unloaded, or until a slot is free. */
  readonly reason?: 'memory' | 'slot';
  /** Part of the phase that is done, from 0 to 1. */
  readonly fraction?: number;
}

/** What the last chunk says beside its text and what is kept elsewhere. */
const notTiming = new Set(['model', 'created_at', 'message', 'done', 'done_reason', 'logprobs']);

/** Appends to a message what arrives. The text is put together only when it is read. */
export class AnswerFold {
  progress: AnswerProgress = { phase: 'waiting' };
  readonly #base: ChatMessage;
  readonly #startedAt: number;
  #content: string;
  #thinking: string;
  #calls: ToolCall[];
  #logprobs: Logprob[];
  #thinkingFrom: number | undefined;
  #thinkingMs: number;
  #firstText: number | undefined;
  #end: Partial<ChatMessage> = {};

  /**
   * @param message what there is already, if an answer goes on
   * @param now milliseconds on any clock that does not jump
   */
  constructor(message: ChatMessage, now: number) {
    this.#base = message;
    this.#startedAt = now;
    this.#content = message.content;
    this.#thinking = message.thinking ?? '';
    this.#thinkingMs = message.thinking_ms ?? 0;
    this.#calls = [...(message.tool_calls ?? [])];
    this.#logprobs = [...(message.logprobs ?? [])];
  }

  get isDone(): boolean {
    return this.#end.done_reason !== undefined;
  }

  push(chunk: ChatResponse, now: number): void {
    const { content = '', thinking = '', tool_calls: calls } = chunk.message ?? {};
    this.#noteProgress(chunk, content !== '' || calls !== undefined, thinking !== '', now);
    this.#content += content;
    this.#thinking += thinking;
    if (calls) this.#calls.push(...calls);
    if (chunk.logprobs) this.#logprobs.push(...chunk.logprobs);
    if (!chunk.done) return;
    const figures = Object.entries(chunk).filter(([name]) => !notTiming.has(name));
    const timing: AnswerTiming = {
      ...Object.fromEntries(figures),
      total_ms: now - this.#startedAt,
      ...(this.#firstText !== undefined && { first_text_ms: this.#firstText }),
    };
    this.#end = { done_reason: chunk.done_reason ?? 'stop', timing };
  }

  /** The message now. */
  message(now: number): ChatMessage {
    const thinkingMs = this.#thinkingMs + (this.#thinkingFrom === undefined ? 0 : now - this.#thinkingFrom);
    return {
      ...this.#base,
      content: this.#content,
      ...(this.#thinking !== '' && { thinking: this.#thinking, thinking_ms: thinkingMs }),
      ...(this.#calls.length > 0 && { tool_calls: this.#calls }),
      ...(this.#logprobs.length > 0 && { logprobs: this.#logprobs }),
      ...this.#end,
    };
  }

  #noteProgress(chunk: ChatResponse, hasAnswer: boolean, hasThinking: boolean, now: number): void {
    if (hasAnswer || hasThinking) this.#firstText ??= now - this.#startedAt;
    if (hasThinking) this.#thinkingFrom ??= now;
    if (hasAnswer || chunk.done) this.#endThinking(now);
    if (hasAnswer) this.progress = { phase: 'answer' };
    else if (hasThinking) this.progress = { phase: 'thinking' };
    else this.progress = progressOf(chunk) ?? this.progress;
  }

  #endThinking(now: number): void {
    if (this.#thinkingFrom === undefined) return;
    this.#thinkingMs += now - this.#thinkingFrom;
    this.#thinkingFrom = undefined;
  }
}

function progressOf({
  prompt_progress: prompt,
  queue_progress: queue,
}: ChatResponse): AnswerProgress | undefined {
  if (prompt) return { phase: 'prompt', fraction: prompt.total > 0 ? prompt.processed / prompt.total : 1 };
  if (!queue) return undefined;
  const { position, waits_for: reason, load_fraction: fraction } = queue;
  if (reason === 'load') return { phase: 'loading', ...(fraction !== undefined && { fraction }) };
  return { phase: 'waiting', position, reason };
}
