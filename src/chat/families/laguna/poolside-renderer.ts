import type { Message } from '../../../api/common.ts';
import type { Renderer } from '../family.ts';
import { thinkTags } from '../shared/think-tags.ts';
import { trimSpaceEnd } from '../shared/white-space.ts';
import { BOS, DEFAULT_SYSTEM, toolList, writtenCalls } from './laguna-markup.ts';

/** Prompts of the later Laguna models ("poolside-v1"): without line breaks, and with an end for every turn. */
export const poolsideRenderer: Renderer = {
  render({ messages, tools, think }): string {
    const thinks = Boolean(think);
    const [first] = messages;
    const hasSystem = first?.role === 'system';
    const system = trimSpaceEnd(hasSystem ? first.content : DEFAULT_SYSTEM);
    const parts = [system, tools.length > 0 ? toolList(tools) : ''].filter((part) => part !== '');
    const opening = parts.length > 0 || thinks ? `<system>${parts.join('\n\n')}</system>\n` : '';
    const turns = (hasSystem ? messages.slice(1) : messages).map((message) => turn(message, thinks));
    return `${BOS}${opening}${turns.join('')}<assistant>${thinks ? thinkTags.start : thinkTags.end}`;
  },
};

function turn(message: Message, thinks: boolean): string {
  const { role, content, thinking = '' } = message;
  if (role === 'user' || role === 'system') return `<${role}>${content}</${role}>\n`;
  if (role === 'tool') return `<tool_response>${content}</tool_response>\n`;
  if (role !== 'assistant') return '';
  const thoughts = thinks ? thinkTags.start + thinking : '';
  return `<assistant>${thoughts}${thinkTags.end}${content}${writtenCalls(message, '')}</assistant>\n`;
}
