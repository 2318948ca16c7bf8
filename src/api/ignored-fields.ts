import type { z } from 'zod';
import { isJsonObject } from '../base/json-object.ts';
import { unknownOptions } from './options/options.ts';

/** The names go into a response header, which must stay short. */
const MAX_IGNORED = 20;
const MAX_NAME_LENGTH = 40;
/** How many elements of a list are searched: elements of one list usually have the same fields. */
const MAX_ELEMENTS = 1000;
/** How many objects are searched in all, because lists may be nested. */
const MAX_OBJECTS = 5000;

/**
 * Lists the fields of a body that its schema does not know, each once. Nested objects are included, so that names look
 * like "seeed" or "messages.function_call".
 */
export function ignoredFields(schema: z.core.$ZodType, body: unknown): string[] {
  const search: Search = { found: new Set(), objectsLeft: MAX_OBJECTS };
  collect(schema, body, '', search);
  return [...search.found].slice(0, MAX_IGNORED).map((name) => name.slice(0, MAX_NAME_LENGTH));
}

interface Search {
  readonly found: Set<string>;
  objectsLeft: number;
}

function collect(schema: z.core.$ZodType, value: unknown, path: string, search: Search): void {
  if (search.objectsLeft <= 0 || typeof value !== 'object') return;
  const inner = alternativeFor(unwrapped(schema), value);
  if (inner._zod.def.type === 'array' && Array.isArray(value)) {
    const { element } = (inner as z.core.$ZodArray)._zod.def;
    for (const item of value.slice(0, MAX_ELEMENTS)) collect(element, item, path, search);
  }
  if (inner._zod.def.type === 'object' && isJsonObject(value)) {
    collectFields((inner as z.core.$ZodObject)._zod.def.shape, value, path, search);
  }
}

/** Picks the alternative of a union that accepts this kind of value (array or object), if exactly one does. */
function alternativeFor(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (schema._zod.def.type !== 'union') return schema;
  const kind = Array.isArray(value) ? 'array' : 'object';
  const { options } = (schema as z.core.$ZodUnion)._zod.def;
  const [only, ...others] = options.map(unwrapped).filter(({ _zod: { def } }) => def.type === kind);
  return only && others.length === 0 ? only : schema;
}

function collectFields(
  shape: z.core.$ZodShape,
  value: Record<string, unknown>,
  path: string,
  search: Search,
): void {
  search.objectsLeft -= 1;
  const known = new Map(Object.entries(shape).map(([name, field]) => [name.toLowerCase(), field]));
  // Entries would copy all of an object that may be very large.
  for (const name of Object.keys(value)) {
    if (search.found.size >= MAX_IGNORED) return;
    const field = known.get(name.toLowerCase());
    if (!field) search.found.add(path + name.slice(0, MAX_NAME_LENGTH));
    else if (path === '' && name.toLowerCase() === 'options') addOptions(value[name], search.found);
    else collect(field, value[name], `${path}${name}.`, search);
  }
}

function addOptions(options: unknown, found: Set<string>): void {
  if (!isJsonObject(options)) return;
  for (const option of unknownOptions(options, MAX_IGNORED)) {
    found.add(`options.${option.slice(0, MAX_NAME_LENGTH)}`);
  }
}

/** Strips the wrappers that make a schema optional, give it a default or preprocess its input. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod;
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'nullable':
      return unwrapped((schema as z.core.$ZodOptional)._zod.def.innerType);
    case 'pipe': {
      const { in: input, out } = (schema as z.core.$ZodPipe)._zod.def;
      return unwrapped(input._zod.def.type === 'transform' ? out : input);
    }
    default:
      return schema;
  }
}
