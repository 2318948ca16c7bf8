/** A look at a JSON schema before the server compiles it: what is surely wrong, with its place. */
import { isObject } from './json-value.ts';

export type SchemaProblemKind =
  | 'object'
  | 'type'
  | 'properties'
  | 'required'
  | 'requiredName'
  | 'items'
  | 'enum'
  | 'list'
  | 'number'
  | 'range'
  | 'reference'
  | 'pattern'
  | 'tooDeep';

export interface SchemaProblem {
  readonly kind: SchemaProblemKind;
  readonly path: readonly (string | number)[];
}

const types = ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'];
/** The parser of the editor has the same limit. */
const MAX_DEPTH = 64;

type Path = readonly (string | number)[];

/** The first problem of a schema, in the order of reading; undefined if there is none. */
export function schemaProblem(schema: unknown): SchemaProblem | undefined {
  return problemOf(schema, [], schema);
}

function problemOf(schema: unknown, path: Path, root: unknown): SchemaProblem | undefined {
  if (path.length > MAX_DEPTH) return { kind: 'tooDeep', path };
  // `true` and `false` are schemas too, except as the whole.
  if (typeof schema === 'boolean' && path.length > 0) return undefined;
  if (!isObject(schema)) return { kind: 'object', path };
  for (const [name, value] of Object.entries(schema)) {
    const found = checks[name]?.(value, [...path, name], { schema, root });
    if (found) return found;
  }
  return undefined;
}

interface Around {
  readonly schema: Record<string, unknown>;
  readonly root: unknown;
}

type Check = (value: unknown, path: Path, around: Around) => SchemaProblem | undefined;

const isSchema: Check = (value, path, { root }) => problemOf(value, path, root);

const isSchemas: Check = (value, path, { root }) => {
  if (!isObject(value)) return { kind: 'properties', path };
  return first(Object.entries(value), ([name, one]) => problemOf(one, [...path, name], root));
};

const isSchemaList: Check = (value, path, { root }) => {
  if (!Array.isArray(value) || value.length === 0) return { kind: 'list', path };
  return first([...value.entries()], ([index, one]) => problemOf(one, [...path, index], root));
};

const isType: Check = (value, path) => {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  const isKnown = names.length > 0 && names.every((name) => types.some((type) => type === name));
  return isKnown ? undefined : { kind: 'type', path };
};

const isRequired: Check = (value, path, { schema }) => {
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string'))
    return { kind: 'required', path };
  const { properties } = schema;
  if (!isObject(properties)) return undefined;
  const index = value.findIndex((name) => !Object.hasOwn(properties, name));
  return index < 0 ? undefined : { kind: 'requiredName', path: [...path, index] };
};

const isCount: Check = (value, path) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? undefined : { kind: 'number', path };

const isNumber: Check = (value, path) => (typeof value === 'number' ? undefined : { kind: 'number', path });

/** Checks a maximum together with its minimum. */
const isAtLeast =
  (minimum: string, isAmount: Check): Check =>
  (value, path, around) => {
    const least = around.schema[minimum];
    const isBelow = typeof value === 'number' && typeof least === 'number' && value < least;
    return isAmount(value, path, around) ?? (isBelow ? { kind: 'range', path } : undefined);
  };

const isReference: Check = (value, path, { root }) => {
  if (typeof value !== 'string' || !value.startsWith('#')) return { kind: 'reference', path };
  let target: unknown = root;
  for (const part of value.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, name))
      return { kind: 'reference', path };
    target = (target as Record<string, unknown>)[name];
  }
  return undefined;
};

const isPattern: Check = (value, path) => (typeof value === 'string' ? undefined : { kind: 'pattern', path });

const isEnum: Check = (value, path) =>
  Array.isArray(value) && value.length > 0 ? undefined : { kind: 'enum', path };

const isItems: Check = (value, path, around) =>
  Array.isArray(value) ? isSchemaList(value, path, around) : isSchema(value, path, around);

const checks: Readonly<Record<string, Check>> = Object.assign(Object.create(null) as Record<string, Check>, {
  ...{ type: isType, enum: isEnum, required: isRequired, $ref: isReference, pattern: isPattern },
  ...{ properties: isSchemas, $defs: isSchemas, definitions: isSchemas, patternProperties: isSchemas },
  ...{ items: isItems, prefixItems: isSchemaList, additionalProperties: isSchema, not: isSchema },
  ...{ anyOf: isSchemaList, oneOf: isSchemaList, allOf: isSchemaList },
  ...{ minItems: isCount, maxItems: isAtLeast('minItems', isCount) },
  ...{ minLength: isCount, maxLength: isAtLeast('minLength', isCount) },
  ...{ minProperties: isCount, maxProperties: isAtLeast('minProperties', isCount) },
  ...{ minimum: isNumber, maximum: isAtLeast('minimum', isNumber) },
});

function first<Item>(
  items: readonly Item[],
  problem: (item: Item) => SchemaProblem | undefined,
): SchemaProblem | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found) return found;
  }
  return undefined;
}
