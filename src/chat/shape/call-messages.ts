import { createHash } from 'node:crypto';
import type { Message, ToolCall } from '../../api/common.ts';
import type { CallSyntax } from '../families/family.ts';
import { callsText } from './call-text.ts';
import type { TurnShape } from './message-shape.ts';
import { convertedTurn, plainTurn, type ShapedTurn } from './shaped-turn.ts';

type CallShape = Pick<TurnShape, 'calls' | 'results' | 'shortIds' | 'joinsThinking'>;

/**
 * The same messages, with calls and results as the template can write them. System messages at the start keep their index.
 * @param syntax of calls that become texts
 */
export function shapedCalls(
  messages: readonly Message[],
  shape: CallShape,
  syntax: CallSyntax,
): ShapedTurn[] {
  const { calls, results, shortIds, joinsThinking } = shape;
  const single = calls === 'one' ? withSingleCalls(messages) : messages;
  return single.map((message) => {
    if (message.role === 'tool' && !results) return textOfResult(message);
    if (message.tool_calls?.length && calls === 'text') return plainTurn(withCallText(message, syntax));
    const thought = joinsThinking ? withJoinedThinking(message) : message;
    return plainTurn(shortIds ? withShortIds(thought) : thought);
  });
}

function textOfResult({ tool_name, tool_call_id, ...message }: Message): ShapedTurn {
  const content = `<tool_response>\n${message.content}\n</tool_response>`;
  return convertedTurn({ ...message, content }, 'user');
}

function withCallText({ tool_calls: calls = [], ...message }: Message, syntax: CallSyntax): Message {
  const content = [message.content, callsText(calls, syntax)].filter((text) => text !== '').join('\n');
  return { ...message, content };
}

/** Splits a message with several calls into messages with one call each, and puts each result behind its call. */
function withSingleCalls(messages: readonly Message[]): Message[] {
  const result: Message[] = [];
  let open: { message: Message; calls: readonly ToolCall[]; results: Message[] } | undefined;
  const close = () => {
    if (open) result.push(...separated(open.message, open.calls, open.results));
    open = undefined;
  };
  for (const message of messages) {
    if (message.role === 'tool' && open) {
      open.results.push(message);
      continue;
    }
    close();
    const { tool_calls: calls = [] } = message;
    if (calls.length < 2) result.push(message);
    else open = { message, calls, results: [] };
  }
  close();
  return result;
}

function separated(message: Message, calls: readonly ToolCall[], results: readonly Message[]): Message[] {
  const rest = [...results];
  const ids = new Set(calls.map(({ id }) => id));
  const pairs = calls.flatMap((call, index): Message[] => {
    const { thinking: _, ...bare } = message;
    const own: Message = { ...(index === 0 ? message : { ...bare, content: '' }), tool_calls: [call] };
    const byId = rest.findIndex(({ tool_call_id: id }) => id !== undefined && id === call.id);
    // A result that names another call stays with that one.
    const place =
      byId >= 0 ? byId : rest.findIndex(({ tool_call_id: id }) => id === undefined || !ids.has(id));
    return [own, ...(place >= 0 ? rest.splice(place, 1) : [])];
  });
  return [...pairs, ...rest];
}

function withJoinedThinking(message: Message): Message {
  const { content, thinking, tool_calls: calls = [] } = message;
  if (calls.length === 0 || !thinking || content === '') return message;
  return { ...message, content: '', thinking: `${thinking}\n\n${content}` };
}

function withShortIds(message: Message): Message {
  const { tool_calls: calls, tool_call_id: id } = message;
  if (!calls?.length && id === undefined) return message;
  return {
    ...message,
    ...(calls?.length && {
      tool_calls: calls.map((call) => (call.id === undefined ? call : { ...call, id: shortId(call.id) })),
    }),
    ...(id !== undefined && { tool_call_id: shortId(id) }),
  };
}

const shortForm = /^[a-zA-Z0-9]{9}$/;

function shortId(id: string): string {
  return shortForm.test(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, 9);
}
