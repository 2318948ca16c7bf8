import type { ChatResponse } from '../../api/chat.ts';
import type { ToolCall } from '../../api/common.ts';
import { type MessageHead, SIGNATURE, stopOf, toolUse, usageOf } from './reply.ts';

/** An event of a stream. Its type is also its event name. */
export interface MessageEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Converts native chunks of an answer to the events of a streamed reply. */
export class MessageEvents {
  readonly #head: MessageHead;
  #open: 'thinking' | 'text' | undefined;
  #index = -1;
  #hasCalls = false;
  #isBegun = false;
  /** Number of prompt tokens; set as soon as it is known. */
  inputTokens = 0;

  constructor(head: MessageHead) {
    this.#head = head;
  }

  of(chunk: ChatResponse): MessageEvent[] {
    const { content, thinking, tool_calls: calls = [] } = chunk.message;
    const events = this.#begin();
    if (thinking) events.push(...this.#delta('thinking', { type: 'thinking_delta', thinking }));
    if (content !== '') events.push(...this.#delta('text', { type: 'text_delta', text: content }));
    for (const call of calls) events.push(...this.#call(call));
    return chunk.done ? [...events, ...this.#end(chunk)] : events;
  }

  #begin(): MessageEvent[] {
    if (this.#isBegun) return [];
    this.#isBegun = true;
    const { id, model } = this.#head;
    const message = {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // The number of cached tokens is reported at the end.
      usage: { input_tokens: this.inputTokens, output_tokens: 0 },
    };
    return [{ type: 'message_start', message }];
  }

  #delta(kind: 'thinking' | 'text', delta: object): MessageEvent[] {
    const events = this.#open === kind ? [] : [...this.#close(), ...this.#start(kind)];
    return [...events, { type: 'content_block_delta', index: this.#index, delta }];
  }

  #start(kind: 'thinking' | 'text'): MessageEvent[] {
    this.#open = kind;
    this.#index += 1;
    const block =
      kind === 'text' ? { type: 'text', text: '' } : { type: 'thinking', thinking: '', signature: '' };
    return [{ type: 'content_block_start', index: this.#index, content_block: block }];
  }

  #close(): MessageEvent[] {
    const open = this.#open;
    if (open === undefined) return [];
    this.#open = undefined;
    const index = this.#index;
    const delta = { type: 'signature_delta', signature: SIGNATURE };
    const signature: MessageEvent[] =
      open === 'thinking' ? [{ type: 'content_block_delta', index, delta }] : [];
    return [...signature, { type: 'content_block_stop', index }];
  }

  #call(call: ToolCall): MessageEvent[] {
    const closed = this.#close();
    this.#hasCalls = true;
    this.#index += 1;
    const index = this.#index;
    const partial_json = JSON.stringify(call.function.arguments);
    return [
      ...closed,
      { type: 'content_block_start', index, content_block: toolUse(call, {}) },
      { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } },
      { type: 'content_block_stop', index },
    ];
  }

  #end(chunk: ChatResponse): MessageEvent[] {
    const delta = stopOf(chunk, this.#hasCalls, this.#head);
    return [
      ...this.#close(),
      { type: 'message_delta', delta, usage: usageOf(chunk) },
      { type: 'message_stop' },
    ];
  }
}
