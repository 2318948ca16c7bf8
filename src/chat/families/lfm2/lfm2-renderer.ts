import type { Message, Tool } from '../../../api/common.ts';
import type { Renderer } from '../family.ts';
import { callFields } from '../shared/argument-text.ts';
import { ImageTags } from '../shared/image-tags.ts';
import { jsonText, sortedKeys } from '../shared/json-text.ts';
import { plainJson } from '../shared/plain-json.ts';
import { parameterFields } from '../shared/tool-fields.ts';
import { sortedEntries } from '../shared/untrusted-schema.ts';
import { trimSpace } from '../shared/white-space.ts';

export const calls = { open: '<|tool_call_start|>', close: '<|tool_call_end|>' };
export const thought = { open: '<think>', close: '</think>' };
const response = { open: '<|tool_response_start|>', close: '<|tool_response_end|>' };

/** Source of the format: the chat templates of LiquidAI/LFM2-1.2B and LiquidAI/LFM2.5-1.2B-Thinking. */
export const lfm2Renderer = (isThinking: boolean): Renderer => ({
  render: ({ messages, tools, think }) => {
    const keepsThoughts = isThinking && think !== undefined && think !== false;
    const hasSystem = messages[0]?.role === 'system';
    const images = new ImageTags();
    if (hasSystem) images.write('', messages[0]?.images);
    const rest = hasSystem ? messages.slice(1) : messages;
    const lastAssistant = rest.findLastIndex(({ role }) => role === 'assistant');
    const turns = rest.map((message, index) => {
      const content = turnContent(message, images.write(message.content, message.images), isThinking);
      const isStripped = message.role === 'assistant' && !keepsThoughts && index !== lastAssistant;
      return `<|im_start|>${message.role}\n${isStripped ? withoutThought(content) : content}`;
    });
    const isBegun = messages.at(-1)?.role === 'assistant';
    const system = systemTurn(hasSystem ? (messages[0]?.content ?? '') : '', tools);
    const end = '<|im_end|>\n';
    if (isBegun) return `<|startoftext|>${system}${turns.join(end)}`;
    return `<|startoftext|>${system}${turns.map((turn) => turn + end).join('')}<|im_start|>assistant\n`;
  },
});

function systemTurn(content: string, tools: readonly Tool[]): string {
  if (content === '' && tools.length === 0) return '';
  const list = `List of tools: <|tool_list_start|>[${tools.map(toolJson).join(', ')}]<|tool_list_end|>`;
  const parts = [content, tools.length > 0 ? list : ''].filter((part) => part !== '');
  return `<|im_start|>system\n${parts.join('\n')}<|im_end|>\n`;
}

function toolJson({ function: { name, description, parameters } }: Tool): string {
  const head = plainJson({ name, ...(description && { description }) }).slice(0, -1);
  return `${head}, "parameters": ${jsonText(parameterFields(parameters), 'spaced')}}`;
}

function turnContent(
  { role, tool_calls: made = [], thinking }: Message,
  text: string,
  isThinking: boolean,
): string {
  if (role === 'tool') return text.includes(response.open) ? text : response.open + text + response.close;
  if (role !== 'assistant') return text;
  const isMissing = made.length > 0 && !text.includes(calls.open);
  const separator = trimSpace(text) === '' ? '' : '\n';
  const content = isMissing
    ? `${calls.open}[${made.map(callText).join(',')}]${calls.close}${separator}${text}`
    : text;
  const thinks = isThinking && thinking && !content.includes(thought.close);
  return thinks ? thought.open + thinking + thought.close + content : content;
}

function callText({ function: call }: NonNullable<Message['tool_calls']>[number]): string {
  const values = sortedEntries(callFields(call.arguments)).map(
    ([key, value]) => `${key}=${plainJson(sortedKeys(value))}`,
  );
  return `${call.name}(${values.join(',')})`;
}

function withoutThought(content: string): string {
  const end = content.lastIndexOf(thought.close);
  return end < 0 ? content : trimSpace(content.slice(end + thought.close.length));
}
