import type { Message } from '../../../api/common.ts';
import type { Renderer } from '../family.ts';
import { toolsTurn, writtenCalls } from './arg-key-turns.ts';

/** Prompts of GLM-4.7, as in the chat template of its model card, with the thinking of all turns kept. */
export const glm47Renderer: Renderer = {
  render({ messages, tools, think }): string {
    const start = `<|assistant|>${think === false ? '</think>' : '<think>'}`;
    return `[gMASK]<sop>${toolsTurn(tools)}${messages.map(turn).join('')}${start}`;
  },
};

function turn(message: Message, index: number, messages: readonly Message[]): string {
  const { role, content, thinking } = message;
  if (role === 'user' || role === 'system') return `<|${role}|>${content}`;
  if (role === 'assistant') {
    const thoughts = thinking ? `<think>${thinking}</think>` : '</think>';
    return `<|assistant|>${thoughts}${content}${writtenCalls(message, '')}`;
  }
  if (role !== 'tool') return '';
  const start = messages[index - 1]?.role === 'tool' ? '' : '<|observation|>';
  return `${start}<tool_response>${content}</tool_response>`;
}
