import type { Tool } from '../../../api/common.ts';
import { TAGGED_CALLS } from '../qwen/chat-markup.ts';
import { plainJson } from '../shared/plain-json.ts';
import { parameterFields, propertyFields } from '../shared/tool-fields.ts';
import { recordOf, typeNamesOf } from '../shared/untrusted-schema.ts';
import { valueText } from './assistant-text.ts';

/** What a model is told of tools; "" without any. */
export function toolsText(tools: readonly Tool[]): string {
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
