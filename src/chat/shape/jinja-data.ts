import type { Message } from '../../api/common.ts';
import { argumentsObject, argumentsText } from './call-arguments.ts';
import type { DataShape } from './message-shape.ts';

/** A message as a Jinja template reads it. Thinking has the names of both usual conventions. */
export function templateMessage(message: Message, shape: DataShape): Record<string, unknown> {
  const { role, content, thinking, tool_calls: calls = [], tool_name: name, tool_call_id: id } = message;
  const isBare = calls.length > 0 && content === '';
  return {
    role,
    ...(isBare ? bareContent(shape) : { content: contentValue(content, shape) }),
    ...(thinking !== undefined && { thinking, reasoning_content: thinking }),
    ...(calls.length > 0 && { tool_calls: calls.map((call) => callValue(call, shape)) }),
    ...(name !== undefined && { name, tool_name: name }),
    ...(id !== undefined && { tool_call_id: id }),
  };
}

function contentValue(content: string, shape: DataShape): unknown {
  return shape.content === 'parts' ? [{ type: 'text', text: content }] : content;
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
