import type { Message, Tool } from '../../api/common.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import type { CallSyntax } from '../families/family.ts';
import { jsonOf } from './call-arguments.ts';
import { callsText } from './call-text.ts';

/** Tools with every member that templates read: some fail on a tool, or a parameter, without a description. */
export function completeTools(tools: readonly Tool[]): Tool[] {
  return tools.map((tool) => {
    const { name, description = '', parameters = {} } = tool.function;
    const given = isJsonObject(parameters.properties) ? parameters.properties : {};
    const properties = Object.fromEntries(
      Object.entries(given).map(([key, schema]) => [key, completeProperty(schema)]),
    );
    const complete: JsonObject = { type: 'object', required: [], ...parameters, properties };
    return { ...tool, function: { name, description, parameters: complete } };
  });
}

function completeProperty(schema: unknown): unknown {
  return isJsonObject(schema) ? { description: '', ...schema } : schema;
}

/** The messages, with the tools described in the system text, for a template that cannot write them. */
export function withToolText(
  messages: readonly Message[],
  tools: readonly Tool[],
  syntax: CallSyntax,
): Message[] {
  const [first, ...others] = messages;
  const text = toolText(tools, syntax);
  if (first?.role !== 'system') return [{ role: 'system', content: text }, ...messages];
  return [{ ...first, content: first.content === '' ? text : `${first.content}\n\n${text}` }, ...others];
}

function toolText(tools: readonly Tool[], syntax: CallSyntax): string {
  const list = tools.map((tool) => jsonOf(tool.function)).join('\n');
  const example = callsText([{ function: { name: 'NAME', arguments: { PARAMETER: 'VALUE' } } }], syntax);
  return `You may call these functions:\n${list}\n\nWrite a call in this form:\n${example}`;
}
