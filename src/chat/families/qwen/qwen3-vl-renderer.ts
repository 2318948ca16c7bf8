import type { Message, Tool } from '../../../api/common.ts';
import type { Renderer, RenderInput } from '../family.ts';
import { argumentFields, callFields } from '../shared/argument-text.ts';
import { ImageTags } from '../shared/image-tags.ts';
import { jsonText } from '../shared/json-text.ts';
import { toolFields } from '../shared/tool-fields.ts';
import { lastQueryIndex, TURN_END, TURN_START, toolResponse, turn } from './chat-markup.ts';

/** Prompts of Qwen3-VL, as in the chat template of its model card. */
export function qwen3VlRenderer(thinksByDefault: boolean): Renderer {
  return {
    render({ messages, tools, think = thinksByDefault }: RenderInput): string {
      const isThinking = think !== false;
      const images = new ImageTags();
      const contents = messages.map((message) => images.write(message.content, message.images));
      const untagged = messages.map((message) => new ImageTags().write(message.content, message.images));
      const lastQuery = lastQueryIndex(messages, untagged);
      const turns = messages.map((message, index) => {
        const content = contents[index] ?? '';
        if (message.role !== 'assistant') return otherTurn(message.role, content, index, messages);
        const isLast = index === messages.length - 1;
        const thinks = isThinking && index > lastQuery && (isLast || Boolean(message.thinking));
        return assistantTurn(message, content, thinks) + (isLast ? '' : TURN_END);
      });
      const last = messages.at(-1);
      const begun = !last || last.role === 'assistant';
      const start = begun ? '' : `${TURN_START}assistant\n${isThinking ? '<think>\n' : ''}`;
      return systemTurn(messages[0], tools) + turns.join('') + start;
    },
  };
}

function otherTurn(role: string, content: string, index: number, messages: readonly Message[]): string {
  if (role === 'tool') return toolResponse(content, index, messages);
  return role === 'user' || (role === 'system' && index > 0) ? turn(role, content) : '';
}

function systemTurn(first: Message | undefined, tools: readonly Tool[]): string {
  const system = first?.role === 'system' ? first.content : undefined;
  if (tools.length === 0) return system === undefined ? '' : turn('system', system);
  const list = tools.map((tool) => `\n${jsonText(toolFields(tool), 'spaced')}`).join('');
  const instructions = `# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>${list}
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>`;
  return turn('system', (system === undefined ? '' : `${system}\n\n`) + instructions);
}

function assistantTurn(message: Message, content: string, thinks: boolean): string {
  const { thinking = '', tool_calls: calls = [] } = message;
  const answer = content === '' ? '' : `\n</think>\n\n${content.replace(/^\n+/, '')}`;
  const text = thinks ? `<think>\n${withoutBlankEnds(thinking)}${answer}` : content;
  const written = calls.map(({ function: { name, arguments: values } }, index) => {
    const separator = index > 0 || content !== '' ? '\n' : '';
    return `${separator}<tool_call>\n{"name": "${name}", "arguments": ${jsonText(argumentFields(callFields(values)), 'spaced')}}\n</tool_call>`;
  });
  return `${TURN_START}assistant\n${text}${written.join('')}`;
}

function withoutBlankEnds(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end -= 1;
  return text.slice(0, end).replace(/^\n+/, '');
}
