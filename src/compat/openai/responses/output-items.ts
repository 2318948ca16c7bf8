import type { ChatResponse } from '../../../api/chat.ts';
import type { Logprob, ToolCall } from '../../../api/common.ts';
import { customInput } from '../custom-tools.ts';
import type { OfferedTools } from './offered-tools.ts';

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

/** How a call of each kind of tool is written, with the event that carries its text. */
const forms = {
  function: {
    prefix: 'fc_',
    type: 'function_call',
    field: 'arguments',
    event: 'response.function_call_arguments',
  },
  custom: {
    prefix: 'ctc_',
    type: 'custom_tool_call',
    field: 'input',
    event: 'response.custom_tool_call_input',
  },
  search: { prefix: 'tsc_', type: 'tool_search_call', field: 'arguments', event: undefined },
} as const;

export interface WrittenCall {
  readonly id: string;
  /** Type of the events that carry the text, without its end; undefined if there are none. */
  readonly event: string | undefined;
  /** The arguments of a function as JSON, or the input of a custom tool as it is. */
  readonly text: string;
  /** The fields of the last of these events. */
  readonly whole: object;
  readonly begun: object;
  readonly completed: object;
}

/** A call in the form of its tool, which the client gets under the name that it gave. */
export function writtenCall(call: ToolCall, newId: NewId, tools: OfferedTools): WrittenCall {
  const { kind, ...tool } = tools.identify(call.function.name);
  const { prefix, type, field, event } = forms[kind];
  const { arguments: given } = call.function;
  const id = newId(prefix);
  const text = kind === 'custom' ? customInput(call) : JSON.stringify(given);
  const own = kind === 'search' ? { execution: 'client' } : tool;
  const item = (content: unknown, status: Status) => ({
    ...{ id, type, status, call_id: call.id ?? id },
    ...own,
    [field]: content,
  });
  return {
    id,
    event,
    text,
    whole: kind === 'custom' ? { input: text } : { name: tool.name, arguments: text },
    begun: item(kind === 'search' ? {} : '', 'in_progress'),
    completed: item(kind === 'search' ? given : text, 'completed'),
  };
}

/** The items of a complete answer. */
export function outputItems(
  { message, logprobs }: ChatResponse,
  newId: NewId,
  tools: OfferedTools,
): object[] {
  const { content, thinking, tool_calls: calls = [] } = message;
  const hasText = content !== '' || (calls.length === 0 && !thinking);
  return [
    ...(thinking ? [reasoningItem(newId('rs_'), thinking, 'completed')] : []),
    ...(hasText ? [messageItem(newId('msg_'), [textPart(content, logprobs)], 'completed')] : []),
    ...calls.map((call) => writtenCall(call, newId, tools).completed),
  ];
}
