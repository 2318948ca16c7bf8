import type { Tool } from '../../../api/common.ts';
import { sortedKeys } from './json-text.ts';
import { recordOf } from './untrusted-schema.ts';

type Fields = Map<string, unknown>;
type Schema = Readonly<Record<string, unknown>>;

/** Levels of a schema; deeper parts stay unchanged. Real schemas stay below 30 levels. */
const MAX_DEPTH = 100;

/**
 * Orders the fields of a tool as in Ollama's prompts, and leaves out absent and empty ones. Keywords that Ollama does not know
 * follow them unchanged.
 */
export function toolFields({ type, function: { name, description, parameters } }: Tool): Fields {
  return new Map<string, unknown>([
    ['type', type],
    [
      'function',
      new Map<string, unknown>([
        ['name', name],
        ...(description ? [['description', description] as const] : []),
        ['parameters', parameterFields(parameters)],
      ]),
    ],
  ]);
}

/** `type` and `properties` are written even if the tool does not have them. */
export function parameterFields(parameters: Schema = {}): Fields {
  return orderedFields(parameters, parameterKeywords, { type: '', properties: null }, 0);
}

/** One property of the parameters of a tool. */
export function propertyFields(property: Schema, depth = 0): Fields {
  return orderedFields(property, propertyKeywords, {}, depth);
}

function propertiesOf(value: unknown, depth: number): unknown {
  const properties = recordOf(value);
  if (!properties) return value;
  return new Map(Object.entries(properties).map(([name, schema]) => [name, propertyOf(schema, depth)]));
}

function propertyOf(value: unknown, depth: number): unknown {
  const property = recordOf(value);
  return property && depth < MAX_DEPTH ? propertyFields(property, depth) : value;
}

const parameterKeywords = ['type', '$defs', 'items', 'required', 'properties'];
const propertyKeywords = ['anyOf', 'type', 'items', 'description', 'enum', 'properties', 'required'];

function orderedFields(schema: Schema, known: readonly string[], defaults: Schema, depth: number): Fields {
  const fields: Fields = new Map();
  for (const key of known) {
    const value = Object.hasOwn(schema, key) ? schema[key] : undefined;
    if (!isAbsent(key, value)) fields.set(key, fieldValue(key, value, depth + 1));
    else if (Object.hasOwn(defaults, key)) fields.set(key, defaults[key]);
  }
  for (const [key, value] of Object.entries(schema)) if (!known.includes(key)) fields.set(key, value);
  return fields;
}

function fieldValue(key: string, value: unknown, depth: number): unknown {
  if (key === 'properties') return propertiesOf(value, depth);
  if (!Array.isArray(value)) return key === '$defs' || key === 'items' ? sortedKeys(value) : value;
  if (key === 'anyOf') return value.map((option) => propertyOf(option, depth));
  if (key === 'type' && value.length === 1) return value[0];
  return sortedKeys(value);
}

/** Keywords that may hold any value; Ollama writes every value of them except null. */
const anyValue = new Set(['$defs', 'items']);

/** Whether Go leaves the value out. It keeps an empty object. */
function isAbsent(key: string, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return !anyValue.has(key) && (value === '' || (Array.isArray(value) && value.length === 0));
}
