import type { Message, Tool } from '../../../api/common.ts';
import type { Renderer, RenderInput } from '../family.ts';
import { argumentFields, callFields } from '../shared/argument-text.ts';
import { jsonText } from '../shared/json-text.ts';
import { toolFields } from '../shared/tool-fields.ts';
import {
  ASSISTANT,
  CALL_END,
  CALL_START,
  CALLS_END,
  CALLS_START,
  OUTPUT_END,
  OUTPUT_START,
  OUTPUTS_END,
  OUTPUTS_START,
  SEPARATOR,
  TEXT_END,
  TEXT_START,
  USER,
} from './markup.ts';

/** Prompts of Cogito v2, as in the chat template of its model card. It thinks only if the request asks for it. */
export const cogitoRenderer: Renderer = {
  render({ messages, tools, think }: RenderInput): string {
    const thinks = think !== undefined && think !== false;
    const system = messages[0]?.role === 'system' ? messages[0].content : '';
    const turns = messages.slice(messages[0]?.role === 'system' ? 1 : 0);
    const last = turns.findLast(({ role }) => role === 'user' || role === 'assistant' || role === 'tool');
    const start = (last?.role === 'user' ? '' : ASSISTANT) + (thinks ? '<think>\n' : '');
    return TEXT_START + instructions(system, thinks) + declarations(tools) + turns.map(turn).join('') + start;
  },
};

const DEFAULT_SYSTEM =
  'You are Cogito, an AI assistant created by Deep Cogito, which is an AI research lab based in San Francisco.';

function instructions(system: string, thinks: boolean): string {
  const own = system === '' ? '' : `\n\n${system}`;
  if (!thinks) return DEFAULT_SYSTEM + own;
  return `Enable deep thinking subroutine.\n\n${DEFAULT_SYSTEM}${own}${system === '' ? '' : '\n\n'}`;
}

function declarations(tools: readonly Tool[]): string {
  if (tools.length === 0) return '';
  const declared = tools.map((tool) => `\`\`\`json\n${jsonText(toolFields(tool), 'indented')}\n\`\`\`\n`);
  return `\nYou have the following functions available:\n${declared.join('')}`;
}

function turn(message: Message, index: number, messages: readonly Message[]): string {
  const { role, content } = message;
  if (role === 'user') return USER + content + ASSISTANT;
  if (role === 'assistant') return content + calls(message) + TEXT_END;
  return role === 'tool' ? toolOutput(content, index, messages) : '';
}

function calls({ tool_calls: written = [] }: Message): string {
  if (written.length === 0) return '';
  const each = written.map(
    ({ function: call }) =>
      `${CALL_START}function${SEPARATOR}${call.name}\n\`\`\`json\n${jsonText(argumentFields(callFields(call.arguments)))}\n\`\`\`${CALL_END}`,
  );
  return CALLS_START + each.join('\n') + CALLS_END;
}

function toolOutput(content: string, index: number, messages: readonly Message[]): string {
  const start = messages[index - 1]?.role === 'tool' ? '' : OUTPUTS_START;
  const end = messages[index + 1]?.role === 'tool' ? '\n' : OUTPUTS_END;
  return start + OUTPUT_START + content + OUTPUT_END + end;
}
