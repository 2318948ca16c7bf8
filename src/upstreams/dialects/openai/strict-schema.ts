import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';

/** OpenAI's API allows fewer. It bounds the recursion. */
const MAX_DEPTH = 20;

/**
 * Whether OpenAI's API enforces a schema exactly ("strict"): every object lists all of its properties as required and allows no
 * others. It refuses other schemas as strict ones.
 */
export function isStrictSchema(schema: JsonObject, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  const { properties, required, additionalProperties, items, anyOf, $defs } = schema;
  if (schema.type === 'object' || properties !== undefined) {
    if (additionalProperties !== false || !isJsonObject(properties) || !Array.isArray(required)) return false;
    if (!Object.keys(properties).every((name) => required.includes(name))) return false;
  }
  const inner = [
    ...(isJsonObject(properties) ? Object.values(properties) : []),
    ...(isJsonObject($defs) ? Object.values($defs) : []),
    ...(Array.isArray(anyOf) ? anyOf : []),
    ...(items === undefined ? [] : [items]),
  ];
  return inner.every((part) => isJsonObject(part) && isStrictSchema(part, depth + 1));
}
