import type { Message, Tool } from '../../../api/common.ts';
import type { Renderer } from '../family.ts';
import { thinkTags } from '../shared/think-tags.ts';
import { trimSpace, trimSpaceEnd } from '../shared/white-space.ts';
import { BOS, DEFAULT_SYSTEM, toolList, writtenCalls } from './laguna-markup.ts';

/** Prompts of Laguna, as in the chat template of its model card. It thinks only if the request asks for it. */
export const lagunaRenderer: Renderer = {
  render({ messages, tools, think }): string {
    const thinks = Boolean(think);
    const [first] = messages;
    const hasSystem = first?.role === 'system';
    const system = systemTurn(hasSystem ? first.content : DEFAULT_SYSTEM, tools, thinks);
    const turns = hasSystem ? messages.slice(1) : messages;
    const written = turns.map((message, index) => turn(message, index === turns.length - 1));
    const isBegun = messages.at(-1)?.role === 'assistant';
    const start = isBegun ? '' : `<assistant>\n${thinks ? thinkTags.start : thinkTags.end}`;
    return BOS + system + written.join('') + start;
  },
};

function systemTurn(system: string, tools: readonly Tool[], thinks: boolean): string {
  const isBlank = trimSpace(system) === '';
  if (isBlank && tools.length === 0) return '';
  const opening = isBlank ? '' : `\n${trimSpaceEnd(system)}`;
  return `<system>\n${opening}${tools.length > 0 ? toolSection(tools, thinks) : ''}\n</system>\n`;
}

function toolSection(tools: readonly Tool[], thinks: boolean): string {
  const first = thinks
    ? `Wrap your thinking in '<think>', '</think>' tags, followed by a function call. For`
    : 'For';
  const thoughts = thinks ? '<think> your thoughts here </think>\n' : '';
  return `\n\n${toolList(tools)}\n\n${first} each function call, return an unescaped XML-like object with function name and arguments within '<tool_call>' and '</tool_call>' tags, like here:
${thoughts}<tool_call>function-name
<arg_key>argument-key</arg_key>
<arg_value>value-of-argument-key</arg_value>
</tool_call>`;
}

function turn(message: Message, isLast: boolean): string {
  const { role } = message;
  if (role === 'user' || role === 'system') return `<${role}>\n${message.content}\n</${role}>\n`;
  if (role === 'tool') return `<tool_response>\n${message.content}\n</tool_response>\n`;
  return role === 'assistant' ? assistantTurn(message, isLast) : '';
}

function assistantTurn(message: Message, isLast: boolean): string {
  const { content, thinking } = splitThinking(message);
  const thoughts = thinking === '' ? '' : `<think>\n${thinking}\n`;
  const answer = content === '' ? '' : `${content}\n`;
  const calls = writtenCalls(message, '\n');
  const isBegun = isLast && (content !== '' || thinking !== '' || calls !== '');
  return `<assistant>\n${thoughts}</think>\n${answer}${calls}${isBegun ? '' : '</assistant>\n'}`;
}

/** The content may contain thinking between its tags. */
function splitThinking({ content, thinking = '' }: Message): { content: string; thinking: string } {
  const parts = content.split(thinkTags.end);
  const [before = '', ...others] = parts;
  if (others.length === 0) return { content: trimSpace(content), thinking: trimSpace(thinking) };
  const thoughts = before.split(thinkTags.start).at(-1) ?? '';
  return { content: trimSpace(others.at(-1) ?? ''), thinking: trimSpace(thinking || thoughts) };
}
