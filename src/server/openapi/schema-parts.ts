/** Building blocks for handwritten JSON schemas. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Reference prefix of the schemas of a document. */
export const COMPONENTS = '#/components/schemas/';

export const text: JsonSchema = { type: 'string' };
export const flag: JsonSchema = { type: 'boolean' };
export const count: JsonSchema = { type: 'integer', minimum: 0 };
export const nanoseconds: JsonSchema = { type: 'integer', minimum: 0, description: 'Nanoseconds' };
export const number: JsonSchema = { type: 'number' };
export const time: JsonSchema = { type: 'string', format: 'date-time' };

export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

export function reference(name: string): JsonSchema {
  return { $ref: COMPONENTS + name };
}

/** @param optional names of the properties that may be absent */
export function object(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', ...(required.length > 0 && { required }), properties };
}
