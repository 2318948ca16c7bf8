import type { Message } from '../../api/common.ts';
import { argumentsObject, argumentsText } from './call-arguments.ts';
import type { DataShape } from './message-shape.ts';

/** A message as a Jinja template reads it. */
export function templateMessage(message: Message, shape: DataShape): Record<string, unknown> {
  const { role, thinking, tool_calls: calls = [], tool_name: name, tool_call_id: id } = message;
  return {
    role,
    ...contentMember(message, shape),
    ...(thinking !== undefined && thinkingMembers(thinking, shape)),
    ...(calls.length > 0 && { tool_calls: calls.map((call) => callValue(call, shape)) }),
    ...(name !== undefined && { name, tool_name: name }),
    ...(id !== undefined && { tool_call_id: id }),
  };
}

function contentMember(
  { content, thinking, tool_calls: calls }: Message,
  shape: DataShape,
): { content?: unknown } {
  if (thinking && shape.thinking === 'part') {
    const text = content === '' ? [] : [{ type: 'text', text: content }];
    return { content: [{ type: 'thinking', thinking }, ...text] };
  }
  if (calls?.length && content === '') return bareContent(shape);
  return { content: shape.content === 'parts' ? [{ type: 'text', text: content }] : content };
}

/** The names of the usual conventions. */
function thinkingMembers(thinking: string, shape: DataShape): Record<string, string> {
  if (shape.thinking === 'part') return {};
  const usual = { thinking, reasoning_content: thinking };
  return shape.thinking === 'reasoning' ? { ...usual, reasoning: thinking } : usual;
}

function bareContent(shape: DataShape): { content?: unknown } {
  if (shape.callContent === 'absent') return {};
  if (shape.callContent === 'none') return { content: null };
  return { content: shape.content === 'parts' ? [] : '' };
}

function callValue(
  { id, function: { name, arguments: values } }: NonNullable<Message['tool_calls']>[number],
  shape: DataShape,
): Record<string, unknown> {
  return {
    type: 'function',
    ...(id !== undefined && { id }),
    function: {
      name,
      arguments: shape.arguments === 'text' ? argumentsText(values) : argumentsObject(values),
    },
  };
}
