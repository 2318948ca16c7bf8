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

/** A call in the form of its tool: the arguments of a function as JSON, or the input of a custom tool as it is. */
export interface WrittenCall {
  readonly id: string;
  readonly kind: 'function' | 'custom';
  readonly text: string;
  /** The tool as the client names it. */
  readonly tool: { readonly name: string; readonly namespace?: string };
  /** The item of the call. @param text as much of the call's text as is known */
  item(text: string, status: Status): object;
}

export function writtenCall(call: ToolCall, newId: NewId, tools: OfferedTools): WrittenCall {
  const { kind, ...tool } = tools.identify(call.function.name);
  const isCustom = kind === 'custom';
  const id = newId(isCustom ? 'ctc_' : 'fc_');
  const type = isCustom ? 'custom_tool_call' : 'function_call';
  const field = isCustom ? 'input' : 'arguments';
  return {
    id,
    kind,
    text: isCustom ? customInput(call) : JSON.stringify(call.function.arguments),
    tool,
    item: (text, status) => ({ id, type, status, call_id: call.id ?? id, ...tool, [field]: text }),
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
    ...calls.map((call) => {
      const written = writtenCall(call, newId, tools);
      return written.item(written.text, 'completed');
    }),
  ];
}
