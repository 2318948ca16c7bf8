import type { Message, Tool } from '../../../api/common.ts';
import type { Renderer, RenderInput } from '../family.ts';
import { argumentFields, callFields } from '../shared/argument-text.ts';
import { jsonText } from '../shared/json-text.ts';
import { parameterFields } from '../shared/tool-fields.ts';
import {
  ASSISTANT,
  CALL_END,
  CALL_START,
  CALLS_END,
  CALLS_START,
  OUTPUT_END,
  OUTPUT_START,
  SEPARATOR,
  TEXT_END,
  TEXT_START,
  THINKING_END,
  THINKING_START,
  USER,
} from './markup.ts';

/** Prompts of DeepSeek V3.1, as in the chat template of its model card. It thinks only if the request asks for it. */
export const deepSeek31Renderer: Renderer = {
  render({ messages, tools, think }: RenderInput): string {
    const thinks = think !== undefined && think !== false;
    const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
    const turns = messages.filter(({ role }) => role === 'user' || role === 'assistant' || role === 'tool');
    const lastUser = turns.findLastIndex(({ role }) => role === 'user');
    const written = turns.map((message, index) => {
      const previous = turns[index - 1]?.role;
      if (message.role === 'user') return USER + message.content;
      if (message.role === 'tool') return OUTPUT_START + message.content + OUTPUT_END;
      const start = previous === 'user' ? ASSISTANT + thinkingMark(message, thinks && index > lastUser) : '';
      return start + assistantTurn(message, previous === 'tool');
    });
    const start = turns.at(-1)?.role === 'user' ? ASSISTANT + (thinks ? THINKING_START : THINKING_END) : '';
    return TEXT_START + system.join('\n\n') + declarations(tools) + written.join('') + start;
  },
};

function thinkingMark({ thinking, tool_calls: calls = [] }: Message, isShown: boolean): string {
  return isShown && thinking && calls.length === 0 ? THINKING_START : THINKING_END;
}

function assistantTurn({ content, tool_calls: calls = [] }: Message, followsTool: boolean): string {
  if (calls.length > 0) {
    const written = calls.map(
      ({ function: call }) =>
        `${CALL_START}${call.name}${SEPARATOR}${jsonText(argumentFields(callFields(call.arguments)))}${CALL_END}`,
    );
    return content + CALLS_START + written.join('') + CALLS_END + TEXT_END;
  }
  const end = followsTool ? -1 : content.indexOf(THINKING_END);
  return (end < 0 ? content : content.slice(end + THINKING_END.length)) + TEXT_END;
}

function declarations(tools: readonly Tool[]): string {
  if (tools.length === 0) return '';
  const declared = tools.map(
    ({ function: { name, description = '', parameters } }) =>
      `\n### ${name}\nDescription: ${description}\n\nParameters: ${jsonText(parameterFields(parameters))}\n`,
  );
  return `\n\n## Tools\nYou have access to the following tools:\n${declared.join('')}${INSTRUCTIONS}`;
}

const EXAMPLE = `${CALLS_START}${CALL_START}tool_call_name${SEPARATOR}tool_call_arguments${CALL_END}`;
const INSTRUCTIONS = `
IMPORTANT: ALWAYS adhere to this exact format for tool use:
${EXAMPLE}{{additional_tool_calls}}${CALLS_END}

Where:

- \`tool_call_name\` must be an exact match to one of the available tools
- \`tool_call_arguments\` must be valid JSON that strictly follows the tool's Parameters Schema
- For multiple tool calls, chain them directly without separators or spaces
`;
