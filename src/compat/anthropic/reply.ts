import type { ChatResponse } from '../../api/chat.ts';
import type { ToolCall } from '../../api/common.ts';

export interface MessageHead {
  readonly id: string;
  readonly model: string;
  /** Stop sequences of the request; all other stop strings come from the model. */
  readonly stopSequences: readonly string[];
}

interface Stop {
  readonly stop_reason: 'end_turn' | 'max_tokens' | 'stop_sequence' | 'tool_use';
  readonly stop_sequence: string | null;
}

/** Signatures are not checked here; clients send them back unchanged. */
export const SIGNATURE = '';

export function toolUse({ id = '', function: called }: ToolCall, input: unknown): object {
  return { type: 'tool_use', id, name: called.name, input };
}

export function stopOf(reply: ChatResponse, hasCalls: boolean, { stopSequences }: MessageHead): Stop {
  const { stop_sequence: ending = null } = reply;
  // What the token limit cut may have been another call.
  if (reply.done_reason === 'length') return { stop_reason: 'max_tokens', stop_sequence: null };
  if (hasCalls) return { stop_reason: 'tool_use', stop_sequence: null };
  if (ending !== null && stopSequences.includes(ending)) {
    return { stop_reason: 'stop_sequence', stop_sequence: ending };
  }
  return { stop_reason: 'end_turn', stop_sequence: null };
}

/** As in Anthropic's own API, input tokens exclude tokens read from the cache. */
export function usageOf(reply: ChatResponse): Record<string, number> {
  const { prompt_eval_count: prompt = 0, prompt_eval_cached: cached = 0, eval_count: output = 0 } = reply;
  return {
    input_tokens: prompt - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: output,
  };
}

/** The reply to a request without streaming. */
export function messageReply(head: MessageHead, reply: ChatResponse): object {
  const { content, thinking, tool_calls: calls = [] } = reply.message;
  return {
    id: head.id,
    type: 'message',
    role: 'assistant',
    model: head.model,
    content: [
      ...(thinking ? [{ type: 'thinking', thinking, signature: SIGNATURE }] : []),
      ...(content === '' ? [] : [{ type: 'text', text: content }]),
      ...calls.map((call) => toolUse(call, call.function.arguments)),
    ],
    ...stopOf(reply, calls.length > 0, head),
    usage: usageOf(reply),
  };
}
