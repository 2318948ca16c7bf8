/** The fields of a flat schema, as people think of them, and the schema that follows from them. */
import { isObject, type JsonObject } from './json-value.ts';

export const fieldTypes = ['string', 'number', 'integer', 'boolean', 'strings', 'numbers', 'choice'] as const;
export type FieldType = (typeof fieldTypes)[number];

export interface SchemaField {
  readonly name: string;
  readonly type: FieldType;
  readonly isRequired: boolean;
  readonly description: string;
  /** Of type choice. */
  readonly choices: readonly string[];
}

export function newField(name: string): SchemaField {
  return { name, type: 'string', isRequired: true, description: '', choices: [] };
}

/** A schema of an object with these fields. Fields without a name are left out. */
export function schemaOf(fields: readonly SchemaField[]): JsonObject {
  const named = fields.filter(({ name }) => name !== '');
  const required = named.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(named.map((field) => [field.name, propertyOf(field)])),
    ...(required.length > 0 && { required }),
  };
}

function propertyOf({ type, description, choices }: SchemaField): JsonObject {
  const described = description === '' ? {} : { description };
  if (type === 'choice') return { type: 'string', enum: [...choices], ...described };
  if (type === 'strings' || type === 'numbers')
    return { type: 'array', items: { type: type.slice(0, -1) }, ...described };
  return { type, ...described };
}

/** The fields of a schema; undefined if it says more than fields can show, so that nothing of it is lost. */
export function fieldsOf(schema: unknown): readonly SchemaField[] | undefined {
  if (!isObject(schema) || schema.type !== 'object') return undefined;
  const { properties = {}, required = [] } = schema;
  if (!isObject(properties) || !Array.isArray(required)) return undefined;
  const fields = Object.entries(properties).map(([name, property]) =>
    fieldOf(name, property, required.includes(name)),
  );
  const known = fields.filter((field) => field !== undefined);
  if (known.length < fields.length) return undefined;
  return hasSameMeaning(schemaOf(known), schema) ? known : undefined;
}

function fieldOf(name: string, property: unknown, isRequired: boolean): SchemaField | undefined {
  if (!isObject(property)) return undefined;
  const { type, description = '', enum: choices, items } = property;
  if (typeof description !== 'string') return undefined;
  const field = { ...newField(name), isRequired, description };
  if (Array.isArray(choices)) return { ...field, type: 'choice', choices: choices.map(String) };
  if (type === 'array' && isObject(items)) return { ...field, type: `${String(items.type)}s` as FieldType };
  return fieldTypes.some((known) => known === type) ? { ...field, type: type as FieldType } : undefined;
}

/** Whether two schemas are equal, whatever the order of the members. */
function hasSameMeaning(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
