import type { Message, Tool } from '../../../api/common.ts';
import type { Renderer, RenderInput } from '../family.ts';
import { argumentText, callFields, printedArgument } from '../shared/argument-text.ts';
import { jsonText, sortedKeys } from '../shared/json-text.ts';
import { parameterFields, propertyFields } from '../shared/tool-fields.ts';
import { recordOf, typeNamesOf } from '../shared/untrusted-schema.ts';
import { TAGGED_CALLS, TURN_START, toolResponse, turn } from './chat-markup.ts';

/** Prompts of Qwen3-Coder, as in the chat template of its model card. */
export const qwen3CoderRenderer: Renderer = {
  render({ messages, tools }: RenderInput): string {
    const system = messages.find(({ role, content }) => role === 'system' && content !== '')?.content;
    const others = messages.filter(({ role }) => role !== 'system');
    const turns = others.map((message, index) => conversationTurn(message, index, others));
    const last = others.at(-1);
    const begun = !last || last.role === 'assistant';
    return systemTurn(system, tools) + turns.join('') + (begun ? '' : `${TURN_START}assistant\n`);
  },
};

const DEFAULT_SYSTEM =
  'You are Qwen, a helpful AI assistant that can interact with a computer to solve tasks.';

function systemTurn(system: string | undefined, tools: readonly Tool[]): string {
  if (tools.length === 0) return system === undefined ? '' : turn('system', system);
  const declarations = tools.map(toolDeclaration).join('');
  const list = `\n\n# Tools\n\nYou have access to the following functions:\n\n<tools>${declarations}\n</tools>`;
  return turn('system', (system ?? DEFAULT_SYSTEM) + list + TAGGED_CALLS);
}

function toolDeclaration({ function: { name, description, parameters } }: Tool): string {
  const properties = Object.entries(recordOf(parameters?.properties) ?? {});
  const declared = properties.map(([key, schema]) => parameterDeclaration(key, recordOf(schema) ?? {}));
  const others = additionalFields(parameterFields(parameters), ['type', 'properties']);
  const start = `\n<function>\n<name>${name}</name>${description ? element('description', description) : ''}`;
  return `${start}\n<parameters>${declared.join('')}${others}\n</parameters>\n</function>`;
}

function parameterDeclaration(name: string, schema: Readonly<Record<string, unknown>>): string {
  const types = typeNamesOf(schema.type);
  const type = types.length === 1 ? types[0] : jsonText(types);
  const { description } = schema;
  const parts = [
    element('name', name),
    types.length > 0 ? element('type', `${type}`) : '',
    typeof description === 'string' && description !== '' ? element('description', description) : '',
    additionalFields(propertyFields(schema), ['type', 'description']),
  ];
  return `\n<parameter>${parts.join('')}\n</parameter>`;
}

function additionalFields(fields: ReadonlyMap<string, unknown>, handled: readonly string[]): string {
  const others = [...fields].filter(([key, value]) => !handled.includes(key) && value !== null);
  return others.map(([key, value]) => element(key, argumentText(sortedKeys(value)))).join('');
}

function element(name: string, content: string): string {
  return `\n<${name}>${content}</${name}>`;
}

function conversationTurn(message: Message, index: number, messages: readonly Message[]): string {
  const { role, content, tool_calls: calls = [] } = message;
  if (role === 'tool') return toolResponse(content, index, messages);
  if (role !== 'assistant') return turn(role, content);
  if (calls.length > 0) return turn(role, (content && `${content}\n`) + calls.map(writtenCall).join(''));
  return index === messages.length - 1 ? `${TURN_START}${role}\n${content}` : turn(role, content);
}

type Call = NonNullable<Message['tool_calls']>[number];

function writtenCall({ function: { name, arguments: values } }: Call): string {
  const parameters = Object.entries(callFields(values)).map(
    ([key, value]) => `\n<parameter=${key}>\n${printedArgument(value)}\n</parameter>`,
  );
  return `\n<tool_call>\n<function=${name}>${parameters.join('')}\n</function>\n</tool_call>`;
}
