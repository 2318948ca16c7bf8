import { z } from 'zod';
import { isJsonObject } from '../base/json-object.ts';

/**
 * Renames fields to their known spelling regardless of letter case, as Go's JSON decoder does, and drops nulls,
 * which mean "absent". An exact spelling takes precedence. Unknown fields are left as they are.
 */
function foldFieldNames(value: unknown, fieldNames: readonly string[]): unknown {
  if (!isJsonObject(value)) return value;
  const known = new Map(fieldNames.map((name) => [name.toLowerCase(), name]));
  const entries = Object.entries(value)
    .filter(([, content]) => content !== null)
    .map(([name, content]) => [known.get(name.toLowerCase()) ?? name, content, name] as const);
  const inexactFirst = entries.sort(
    (left, right) => Number(left[0] === left[2]) - Number(right[0] === right[2]),
  );
  return Object.fromEntries(inexactFirst);
}

/** Schema of an object in a request body: field names ignore letter case, and null means absent. */
export function requestObject<Shape extends z.ZodRawShape>(shape: Shape) {
  const fieldNames = Object.keys(shape);
  return z.preprocess((value) => foldFieldNames(value, fieldNames), z.object(shape));
}
