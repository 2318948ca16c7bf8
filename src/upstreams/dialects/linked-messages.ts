import type { Message, ToolCall } from '../../api/common.ts';

type LinkedCall = ToolCall & { readonly id: string };

/** A message whose calls all have IDs, and which names the call that it is the result of. */
export interface LinkedMessage extends Omit<Message, 'tool_calls' | 'tool_call_id'> {
  readonly calls: readonly LinkedCall[];
  /** Only of results. */
  readonly callId: string;
}

/**
 * Gives an ID to each call that has none, and links results to calls: by ID, or else to the first unanswered call of their
 * tool, or of any tool. Other APIs demand that; the native one has conversations without IDs.
 */
export function linkedMessages(messages: readonly Message[]): LinkedMessage[] {
  let unnamed = 0;
  let open: LinkedCall[] = [];
  return messages.map(({ tool_calls: calls = [], tool_call_id: given, ...message }) => {
    if (message.role !== 'tool') {
      const linked = calls.map((call) => ({ ...call, id: call.id || `call_${unnamed++}` }));
      if (linked.length > 0) open = linked;
      return { ...message, calls: linked, callId: '' };
    }
    const found =
      open.find(({ id }) => id === given) ??
      open.find(({ function: { name } }) => name === message.tool_name) ??
      open[0];
    open = open.filter((call) => call !== found);
    return { ...message, calls: [], callId: given || (found?.id ?? `call_${unnamed++}`) };
  });
}

/** The text of a call's arguments as other APIs have it. */
export function argumentsText({ function: { arguments: given } }: ToolCall): string {
  return typeof given === 'string' ? given : JSON.stringify(given);
}
