import type { Message, Tool } from '../../../api/common.ts';
import type { Think } from '../../../api/think.ts';
import type { Renderer, RenderInput } from '../family.ts';
import { TAGGED_CALLS, TURN_END, TURN_START, turn } from '../qwen/chat-markup.ts';
import { callFields } from '../shared/argument-text.ts';
import { goFloatText } from '../shared/go-number.ts';
import { ImageTags } from '../shared/image-tags.ts';
import { sortedKeys } from '../shared/json-text.ts';
import { plainJson } from '../shared/plain-json.ts';
import { parameterFields, propertyFields } from '../shared/tool-fields.ts';
import { recordOf, typeNamesOf } from '../shared/untrusted-schema.ts';

export type NemotronVersion = '3' | '3.5';

/** Prompts of Nemotron 3 and 3.5 Nano, as in the chat templates of their model cards. */
export function nemotronRenderer(version: NemotronVersion): Renderer {
  return { render: (input) => render(version, input) };
}

function render(version: NemotronVersion, { messages, tools, think }: RenderInput): string {
  const [first] = messages;
  const system = first?.role === 'system' ? withoutToggles(version, first.content) : '';
  const turns = first?.role === 'system' ? messages.slice(1) : messages;
  const parts = [system, toolsText(tools)].filter((part) => part !== '');
  const images = new ImageTags();
  const lastUser = turns.findLastIndex(({ role }) => role === 'user');
  const written = turns.map((message, index) => {
    const { role } = message;
    if (role === 'assistant') {
      return turn('assistant', assistantText(message, { version, isOld: index < lastUser }));
    }
    const content = images.write(message.content, message.images);
    if (role === 'tool') return toolResult(content, index, turns);
    if (role !== 'user' && role !== 'system') return turn(role, message.content);
    const isEfficient = version === '3.5' && think === 'medium' && role === 'user' && index === lastUser;
    const ending = isEfficient ? '\n\n{reasoning effort: efficient}' : '';
    return turn(role, (version === '3' ? withoutToggles(version, content).trim() : content) + ending);
  });
  const start = isThinking(version, messages, think) ? '<think>\n' : '<think></think>';
  return `${turn('system', parts.join('\n\n'))}${written.join('')}${TURN_START}assistant\n${start}`;
}

/** Consecutive results share a turn; a result at the start of the conversation does not open one. */
function toolResult(content: string, index: number, turns: readonly Message[]): string {
  const start = index > 0 && turns[index - 1]?.role !== 'tool' ? `${TURN_START}user\n` : '';
  const end = turns[index + 1]?.role === 'tool' ? '' : TURN_END;
  return `${start}<tool_response>\n${content}\n</tool_response>\n${end}`;
}

/** Version 3 treats `/think` and `/no_think` in messages as switches; the last one applies. */
function isThinking(
  version: NemotronVersion,
  messages: readonly Message[],
  think: Think | undefined,
): boolean {
  let thinks = think !== false;
  if (version !== '3') return thinks;
  for (const { role, content } of messages) {
    if (role !== 'user' && role !== 'system') continue;
    if (content.replaceAll('</think>', '').includes('/think')) thinks = true;
    else if (content.includes('/no_think')) thinks = false;
  }
  return thinks;
}

/** Removes the switches from the text, but keeps closing tags. */
function withoutToggles(version: NemotronVersion, text: string): string {
  if (version !== '3') return text;
  return text
    .split('</think>')
    .map((part) => part.replaceAll('/think', '').replaceAll('/no_think', ''))
    .join('</think>');
}

/** The description of the tools for the model; "" if there are none. */
function toolsText(tools: readonly Tool[]): string {
  if (tools.length === 0) return '';
  const list = tools.map(declaration).join('');
  return `# Tools\n\nYou have access to the following functions:\n\n<tools>${list}\n</tools>${TAGGED_CALLS}`;
}

function declaration({ function: { name, description, parameters } }: Tool): string {
  const properties = Object.entries(recordOf(parameters?.properties) ?? {});
  const fields = parameterFields(parameters);
  const required = Array.isArray(parameters?.required) ? parameters.required : [];
  const others = [...fields].filter(([key]) => !['type', 'properties', 'required'].includes(key));
  const inner = [
    ...properties.map(([key, schema]) => property(key, recordOf(schema) ?? {})),
    ...others.map(([key, value]) => element(key, valueText(value))),
    required.length > 0 ? element('required', plainJson(required)) : '',
  ];
  const about = description ? element('description', description.trim()) : '';
  return `\n<function>${element('name', name)}${about}\n<parameters>${inner.join('')}\n</parameters>\n</function>`;
}

function property(name: string, schema: Readonly<Record<string, unknown>>): string {
  const types = typeNamesOf(schema.type);
  const [only = '', ...more] = types;
  const type = more.length === 0 ? only : `[${types.map((one) => `'${one}'`).join(', ')}]`;
  const { description } = schema;
  const fields = propertyFields(schema);
  const values = fields.get('enum');
  const others = [...fields].filter(([key]) => !['type', 'description', 'enum'].includes(key));
  const inner = [
    element('name', name),
    types.length > 0 ? element('type', type) : '',
    typeof description === 'string' && description !== '' ? element('description', description.trim()) : '',
    values === undefined ? '' : element('enum', plainJson(values)),
    ...others.map(([key, value]) => element(key, plainJson(value))),
  ];
  return `\n<parameter>${inner.join('')}\n</parameter>`;
}

function element(name: string, content: string): string {
  return `\n<${name}>${content}</${name}>`;
}

interface Place {
  readonly version: NemotronVersion;
  /** Whether the message precedes the last user message, so that its thinking is left out. */
  readonly isOld: boolean;
}

/** An answer of the assistant with its thinking and calls. */
function assistantText(message: Message, { version, isOld }: Place): string {
  const { tool_calls: calls = [] } = message;
  const content = withThinking(message, version);
  if (calls.length === 0) return (isOld ? withoutOldThinking(content) : content).trim();
  const head = content.trim() === '' ? '<think></think>' : `${headOfCalls(content, isOld)}\n`;
  return head + calls.map(writtenCall).join('');
}

function withThinking({ content, thinking }: Message, version: NemotronVersion): string {
  const line = version === '3' ? '\n' : '';
  if (thinking) return `<think>\n${thinking}${line}</think>${line}${content}`;
  return content.includes('<think>') || content.includes('</think>') ? content : `<think></think>${content}`;
}

function withoutOldThinking(content: string): string {
  const hasBoth = content.includes('<think>') && content.includes('</think>');
  return hasBoth ? `<think></think>${content.split('</think>').at(-1) ?? ''}` : content;
}

function headOfCalls(content: string, isOld: boolean): string {
  if (!isOld) return content.trim();
  const rest = content.includes('</think>') ? content.split('</think>').at(-1) : content.split('<think>')[0];
  return `<think></think>${(rest ?? '').trim()}`;
}

type Call = NonNullable<Message['tool_calls']>[number];

function writtenCall({ function: { name, arguments: values } }: Call): string {
  const parameters = Object.entries(callFields(values)).map(
    ([key, value]) => `<parameter=${key}>\n${valueText(value)}\n</parameter>\n`,
  );
  return `<tool_call>\n<function=${name}>\n${parameters.join('')}</function>\n</tool_call>\n`;
}

/** Prints a value as Python does: lists and objects as JSON, `True`, `False` and `None`. */
function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'object') return plainJson(sortedKeys(value));
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? goFloatText(value) : String(value);
}
