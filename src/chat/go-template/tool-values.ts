import type { Tool } from '../../api/common.ts';
import { GoObject, type GoValue } from '../../template/value.ts';
import { goValue } from './go-value.ts';
import { functionJson, parametersJson, propertiesJson, toolJson } from './tool-json.ts';
import { typeScriptType } from './typescript-type.ts';

/** The tools as a template sees them: lists and structs that are printed as JSON. */
export function toolValues(tools: readonly Tool[]): GoObject {
  const json = () => `[${tools.map(toolJson).join(',')}]`;
  return new GoObject({
    typeName: 'template.templateTools',
    items: tools.map(toolValue),
    toText: json,
    toJson: json,
  });
}

function toolValue(tool: Tool): GoObject {
  const json = () => toolJson(tool);
  const fields = new Map<string, GoValue>([
    ['Type', tool.type],
    ['Items', goValue((tool as { items?: unknown }).items)],
    ['Function', functionValue(tool.function)],
  ]);
  return new GoObject({ typeName: 'template.templateTool', fields, toText: json, toJson: json });
}

function functionValue(called: Tool['function']): GoObject {
  const json = () => functionJson(called);
  const fields = new Map<string, GoValue>([
    ['Name', called.name],
    ['Description', called.description ?? ''],
    ['Parameters', parametersValue(called.parameters ?? {})],
  ]);
  return new GoObject({ typeName: 'template.templateToolFunction', fields, toText: json, toJson: json });
}

function parametersValue(schema: Readonly<Record<string, unknown>>): GoObject {
  const json = () => parametersJson(schema);
  const { type, $defs, items, required, properties } = schema;
  const fields = new Map<string, GoValue>([
    ['Type', typeof type === 'string' ? type : ''],
    ['Defs', goValue($defs)],
    ['Items', goValue(items)],
    ['Required', Array.isArray(required) ? required.map(goValue) : []],
    ['Properties', propertiesValue(properties)],
  ]);
  return new GoObject({
    typeName: 'template.templateToolFunctionParameters',
    fields,
    toText: json,
    toJson: json,
  });
}

function propertiesValue(properties: unknown): GoObject {
  const json = () => propertiesJson(properties);
  const known = typeof properties === 'object' && properties !== null ? Object.entries(properties) : [];
  const items = new Map(known.map(([name, schema]): [string, GoValue] => [name, propertyValue(schema)]));
  return new GoObject({ typeName: 'template.templateProperties', items, toText: json, toJson: json });
}

function propertyValue(schema: unknown): GoObject {
  const {
    anyOf,
    type,
    items,
    description,
    enum: values,
    properties,
    required,
  } = Object(schema) as Record<string, unknown>;
  const fields = new Map<string, GoValue>([
    ['AnyOf', Array.isArray(anyOf) ? anyOf.map(propertyValue) : []],
    ['Type', typeValue(type)],
    ['Items', goValue(items)],
    ['Description', typeof description === 'string' ? description : ''],
    ['Enum', Array.isArray(values) ? values.map(goValue) : []],
    ['Properties', properties === undefined ? null : propertiesValue(properties)],
    ['Required', Array.isArray(required) ? required.map(goValue) : []],
  ]);
  const json = () => propertiesJson({ value: schema }).slice('{"value":'.length, -1);
  return new GoObject({
    typeName: 'api.ToolProperty',
    fields,
    toJson: json,
    toTypeScript: () => typeScriptType(schema),
  });
}

/** A single type is printed as it is, several types as a list. */
function typeValue(type: unknown): GoObject {
  const types = (Array.isArray(type) ? type : [type]).filter(
    (name): name is string => typeof name === 'string',
  );
  const [only = ''] = types;
  const toText = () => (types.length > 1 ? `[${types.join(' ')}]` : only);
  return new GoObject({ typeName: 'api.PropertyType', items: types, toText });
}
