import type { Message } from '../../../api/common.ts';
import type { Think } from '../../../api/think.ts';
import { formatTime } from '../../../jinja/functions/strftime.ts';
import type { Renderer, RenderInput } from '../family.ts';
import { callFields } from '../shared/argument-text.ts';
import { goFloatText } from '../shared/go-number.ts';
import { ImageTags } from '../shared/image-tags.ts';
import { sortedKeys } from '../shared/json-text.ts';
import { plainJson } from '../shared/plain-json.ts';
import { namespacesOf, toolDefinitions } from './tool-definitions.ts';

const KNOWLEDGE_CUTOFF = '2026-01-04';

/** Messages with a recipient, and calls in XML of the namespace "atem". Source of the format: the model's template. */
export const glimmerRenderer: Renderer = {
  render: (input) => {
    const { messages } = input;
    const images = new ImageTags();
    const names = new Map(
      messages.flatMap(({ tool_calls: calls = [] }) =>
        calls.map(({ id, function: call }) => [id, call.name] as const),
      ),
    );
    const pieces = messages.map((message, index) => {
      const content = images.write(message.content, message.images);
      if (message.role === 'system') return systemMessage(normalized(content), input);
      if (message.role === 'user') return written('user', content);
      if (message.role === 'tool') return toolResult(message, content, names);
      const isContinued = messages[index + 1]?.role === message.role;
      return message.role === 'assistant' ? assistantMessages(message, content, isContinued) : '';
    });
    const hasSystem = messages.some(({ role }) => role === 'system');
    const system = hasSystem ? '' : defaultSystem(input);
    return `<|begin_of_text|>${system}${pieces.join('')}<|start|>assistant`;
  },
};

const written = (header: string, content: string, end = '<|eot|>'): string =>
  `<|start|>${header}<|message|>${content}${end}`;

function defaultSystem(input: RenderInput): string {
  const today = formatTime('%Y-%m-%d', input.now);
  const lines = [
    'You are a helpful AI assistant.',
    `Knowledge cutoff: ${KNOWLEDGE_CUTOFF}.`,
    `Current date: ${today}.`,
  ];
  return systemMessage(lines.join('\n'), input);
}

function systemMessage(content: string, { tools, think }: RenderInput): string {
  const saysStrength = content.toLowerCase().includes('reasoning strength');
  const recipients = ['self', ...namespacesOf(tools).map((name) => `${name}.*`), 'user'];
  const parts = [
    content,
    ...(saysStrength ? [] : [`Reasoning strength: ${strength(think)}.`]),
    ...(tools.length > 0 ? [toolDefinitions(tools)] : []),
    `# Valid recipients: ${recipients.map((name) => `"${name}"`).join(', ')}.`,
  ];
  return written('system', parts.join('\n\n'));
}

function strength(think: Think | undefined): string {
  if (think === false) return 'none';
  return typeof think === 'string' ? think : 'high';
}

/** The model was trained on reasoning "strength", but users write "effort". */
const normalized = (content: string): string =>
  content.replace(
    /(Reasoning|reasoning) (E|e)ffort|REASONING EFFORT/g,
    (found, word?: string, first?: string) => {
      if (word === undefined) return 'REASONING STRENGTH';
      return word === 'reasoning' && first === 'E' ? found : `${word} ${first === 'E' ? 'S' : 's'}trength`;
    },
  );

function toolResult(
  message: Message,
  content: string,
  names: ReadonlyMap<string | undefined, string>,
): string {
  const { tool_name: toolName, tool_call_id: id } = message;
  const name = toolName || (id ? (names.get(id) ?? id) : '');
  return written(`tool ${name}`, `<tool_output name="${name}">\n${content}\n</tool_output>`);
}

function assistantMessages(message: Message, content: string, isContinued: boolean): string {
  const { thinking, tool_calls: calls = [] } = message;
  const thought = thinking ? written('assistant to=self', thinking, '<|eom|>') : '';
  if (calls.length === 0) {
    return content !== '' || !thinking ? thought + written('assistant to=user', content) : thought;
  }
  const messages = calls.map((call, index) => {
    const isLast = index === calls.length - 1;
    const { name, arguments: values } = call.function;
    return written(
      `assistant to=${name}`,
      callText(name, callFields(values)),
      isLast && !isContinued ? '<|eot|>' : '<|eom|>',
    );
  });
  return thought + messages.join('');
}

function callText(name: string, values: Readonly<Record<string, unknown>>): string {
  const parameters = Object.entries(values).map(
    ([key, value]) => `<atem:parameter name="${key}">${valueText(value)}</atem:parameter>\n`,
  );
  return `<atem:function_calls>\n<atem:invoke name="${name}">\n${parameters.join('')}</atem:invoke>\n</atem:function_calls>`;
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? goFloatText(value) : plainJson(sortedKeys(value));
}
