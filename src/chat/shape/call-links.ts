import type { Message, ToolCall } from '../../api/common.ts';

/** Digits of the IDs that we give: with "call" in front they have nine letters and digits, which every template takes. */
const ID_DIGITS = 5;

interface OpenCall {
  readonly id: string;
  readonly name: string;
}

/**
 * Gives each call an ID and each result the ID and the name of its call, where the client left them out. Ollama's API has no
 * IDs, and OpenAI's results have no names, but templates write both. Results without an ID answer the calls of the message
 * before them in order, or by name.
 */
export function linkedMessages(messages: readonly Message[]): readonly Message[] {
  if (messages.every(isLinked)) return messages;
  let count = 0;
  let open: OpenCall[] = [];
  const names = new Map<string, string>();
  return messages.map((message) => {
    if (message.tool_calls?.length) {
      const calls = message.tool_calls.map((call): ToolCall => {
        count++;
        return call.id ? call : { ...call, id: `call${String(count).padStart(ID_DIGITS, '0')}` };
      });
      open = calls.map(({ id = '', function: { name } }) => ({ id, name }));
      for (const { id, name } of open) names.set(id, name);
      return { ...message, tool_calls: calls };
    }
    if (message.role !== 'tool') return message;
    const { tool_call_id: id, tool_name: name } = message;
    const call = takeCall(open, message);
    const knownId = id || call?.id;
    const knownName = name || (id ? names.get(id) : undefined) || call?.name;
    return {
      ...message,
      ...(knownId !== undefined && { tool_call_id: knownId }),
      ...(knownName !== undefined && { tool_name: knownName }),
    };
  });
}

function isLinked({ role, tool_calls: calls = [], tool_call_id: id, tool_name: name }: Message): boolean {
  return role === 'tool' ? Boolean(id && name) : calls.every((call) => call.id);
}

/** Removes the call that a result answers from the open ones. */
function takeCall(open: OpenCall[], { tool_call_id: id, tool_name: name }: Message): OpenCall | undefined {
  const byId = id ? open.findIndex((call) => call.id === id) : -1;
  const byName = !id && name ? open.findIndex((call) => call.name === name) : -1;
  const index = Math.max(byId, byName, 0);
  return open.splice(index, 1)[0];
}
