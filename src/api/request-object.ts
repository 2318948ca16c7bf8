import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../base/json-object.ts';

/**
 * Renames fields to their known spelling regardless of letter case, as Go's JSON decoder does, and drops nulls,
 * which mean "absent". An exact spelling takes precedence. Unknown fields are dropped: an object may have very many, so
 * they are neither copied nor sorted.
 */
export function foldFieldNames(value: unknown, fields: FieldNames): unknown {
  if (!isJsonObject(value)) return value;
  const folded: JsonObject = {};
  for (const name of Object.keys(value)) {
    const known = fields.spellingOf(name);
    if (known === undefined || value[name] === null) continue;
    const isExactElsewhere = known !== name && (value[known] ?? null) !== null && Object.hasOwn(value, known);
    if (!isExactElsewhere) folded[known] = value[name];
  }
  return folded;
}

/** The field names of one kind of object. */
export class FieldNames {
  readonly #byLowerCase: ReadonlyMap<string, string>;
  readonly #lengths: ReadonlySet<number>;

  constructor(names: readonly string[]) {
    this.#byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));
    this.#lengths = new Set(names.map((name) => name.length));
  }

  /** The known spelling of a name in any letter case. */
  spellingOf(name: string): string | undefined {
    // Most names of an object that has very many need no lower case to be told from ours.
    return this.#lengths.has(name.length) ? this.#byLowerCase.get(name.toLowerCase()) : undefined;
  }
}

/** Schema of an object in a request body: field names ignore letter case, and null means absent. */
export function requestObject<Shape extends z.ZodRawShape>(shape: Shape) {
  const fields = new FieldNames(Object.keys(shape));
  return z.preprocess((value) => foldFieldNames(value, fields), z.object(shape));
}
