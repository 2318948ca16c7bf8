import type { Tool } from '../../../api/common.ts';
import { withSortedKeys } from './spaced-json.ts';
import { recordOf, typeNamesOf } from './untrusted-schema.ts';

type Schema = Readonly<Record<string, unknown>>;

/**
 * A tool's parameters with their keywords in the order in which Ollama prints them; keywords that it does not know
 * follow as they are.
 */
export function orderedParameters({ function: tool }: Tool): Record<string, unknown> {
  const { type = '', $defs, items, required, properties, ...others } = tool.parameters ?? {};
  return defined({
    type,
    $defs: withSortedKeys($defs),
    items: withSortedKeys(items),
    required: nonEmpty(required),
    properties: orderedProperties(properties) ?? null,
    ...others,
  });
}

function orderedProperties(value: unknown): Record<string, unknown> | undefined {
  const properties = recordOf(value);
  if (!properties) return undefined;
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, orderedProperty(schema)]),
  );
}

function orderedProperty(value: unknown): unknown {
  const schema = recordOf(value);
  if (!schema) return value;
  const { anyOf, type, items, description, enum: values, properties, required, ...others } = schema;
  const types = typeNamesOf(type);
  return defined({
    anyOf: Array.isArray(anyOf) ? nonEmpty(anyOf.map(orderedProperty)) : undefined,
    type: types.length === 1 ? types[0] : nonEmpty(types),
    items: withSortedKeys(items),
    description: description === '' ? undefined : description,
    enum: nonEmpty(withSortedKeys(values)),
    properties: orderedProperties(properties),
    required: nonEmpty(required),
    ...others,
  });
}

/** The types that an argument may have, by its schema; none = it does not say. */
export function argumentTypes({ function: tool }: Tool, name: string): string[] {
  const properties = recordOf(tool.parameters?.properties) ?? {};
  const schema = Object.hasOwn(properties, name) ? recordOf(properties[name]) : undefined;
  const anyOf = Array.isArray(schema?.anyOf) ? schema.anyOf : [];
  if (anyOf.length === 0) return typeNamesOf(schema?.type);
  return anyOf.flatMap((branch) => typeNamesOf(recordOf(branch)?.type));
}

const nonEmpty = (list: unknown): unknown => (Array.isArray(list) && list.length === 0 ? undefined : list);

const defined = (schema: Schema): Record<string, unknown> =>
  Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
