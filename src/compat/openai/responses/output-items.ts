import type { ChatResponse } from '../../../api/chat.ts';
import type { Logprob, ToolCall } from '../../../api/common.ts';

/** Creates the ID of an item, for example "msg_5f…" from "msg_". */
export type NewId = (prefix: string) => string;

type Status = 'in_progress' | 'completed' | 'incomplete';

export function reasoningItem(id: string, text: string, status: Status): object {
  const summary = text === '' ? [] : [summaryPart(text)];
  return { id, type: 'reasoning', summary, encrypted_content: null, status };
}

export function summaryPart(text: string): object {
  return { type: 'summary_text', text };
}

export function messageItem(id: string, content: readonly object[], status: Status): object {
  return { id, type: 'message', status, role: 'assistant', content: [...content] };
}

export function textPart(text: string, logprobs: readonly Logprob[] = []): object {
  const wire = logprobs.map(({ top_logprobs = [], ...token }) => ({ ...token, top_logprobs }));
  return { type: 'output_text', text, annotations: [], logprobs: wire };
}

export function callItem(id: string, call: ToolCall, written: string, status: Status): object {
  const { name } = call.function;
  return { id, type: 'function_call', status, call_id: call.id ?? id, name, arguments: written };
}

export function writtenArguments({ function: called }: ToolCall): string {
  return JSON.stringify(called.arguments);
}

/** The items of a complete answer. */
export function outputItems({ message, logprobs }: ChatResponse, newId: NewId): object[] {
  const { content, thinking, tool_calls: calls = [] } = message;
  const hasText = content !== '' || (calls.length === 0 && !thinking);
  return [
    ...(thinking ? [reasoningItem(newId('rs_'), thinking, 'completed')] : []),
    ...(hasText ? [messageItem(newId('msg_'), [textPart(content, logprobs)], 'completed')] : []),
    ...calls.map((call) => callItem(newId('fc_'), call, writtenArguments(call), 'completed')),
  ];
}
