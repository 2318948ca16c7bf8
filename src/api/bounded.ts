/** Lists and objects of request bodies: their size is checked before their content, and the first bad part ends the check. */
import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../base/json-object.ts';

interface BoundedListDef extends z.core.$ZodArrayDef {
  readonly limit: number;
}

/** zod's own array checks every element before the length, and describes each bad one of a million. */
const BoundedList: z.core.$constructor<z.ZodArray, BoundedListDef> = z.core.$constructor(
  'BoundedList',
  (list: z.ZodArray, definition: BoundedListDef) => {
    z.ZodArray.init(list, definition);
    const { element, limit } = definition;
    list._zod.parse = (payload, context) => {
      const input: unknown = payload.value;
      if (!Array.isArray(input)) {
        payload.issues.push({ code: 'invalid_type', expected: 'array', input, inst: list });
        return payload;
      }
      if (input.length > limit) {
        payload.issues.push({
          code: 'too_big',
          origin: 'array',
          maximum: limit,
          inclusive: true,
          input,
          inst: list,
        });
        return payload;
      }
      const output: unknown[] = [];
      for (const [index, value] of input.entries()) {
        const result = element._zod.run({ value, issues: [] }, context);
        if (result instanceof Promise) throw new z.core.$ZodAsyncError();
        if (result.issues.length > 0) {
          payload.issues.push(...z.core.util.prefixIssues(index, result.issues));
          return payload;
        }
        output.push(result.value);
      }
      payload.value = output;
      return payload;
    };
  },
);

/** Schema of a list of at most `limit` elements. */
export function listOf<Element extends z.ZodType>(element: Element, limit: number): z.ZodArray<Element> {
  const list = new BoundedList({ type: 'array', element, limit });
  // For the description of the schema.
  list._zod.bag.maximum = limit;
  return list as unknown as z.ZodArray<Element>;
}

/**
 * The list that a schema describes, if it is one of `listOf` whose elements are objects. Its elements can be checked one
 * by one: nothing else belongs to the schema but that the list may be absent or another type.
 */
export function boundedList(
  schema: z.core.$ZodType,
): { element: z.core.$ZodType; limit: number } | undefined {
  const { def } = schema._zod;
  switch (def.type) {
    case 'optional':
    case 'default':
      return boundedList((schema as z.core.$ZodOptional)._zod.def.innerType);
    case 'union': {
      const lists = (schema as z.core.$ZodUnion)._zod.def.options.map(boundedList).filter(isDefined);
      return lists.length === 1 ? lists[0] : undefined;
    }
    case 'array': {
      const { element, limit } = def as BoundedListDef;
      return ['pipe', 'union'].includes(element._zod.def.type) ? { element, limit } : undefined;
    }
    default:
      return undefined;
  }
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}

/** Schema of any JSON object, which is passed on as it is: zod's own record would copy it. */
export const jsonObjectSchema = z
  .custom<JsonObject>()
  .superRefine((value: unknown, context) => {
    if (isJsonObject(value)) return;
    context.addIssue({ code: 'invalid_type', expected: 'record', input: value });
  })
  .meta({ type: 'object' });

/** Schema of an object with at most `limit` members that are texts or numbers. The name `__proto__` is dropped. */
export function recordOf<Value extends z.ZodString | z.ZodNumber>(value: Value, limit: number) {
  const values = z.record(z.string(), value);
  return z.preprocess((input, context) => {
    if (!isJsonObject(input)) return input;
    const names = Object.keys(input);
    if (names.length <= limit) return input;
    context.addIssue({ code: 'too_big', origin: 'object', maximum: limit, inclusive: true, input });
    return z.NEVER;
  }, values);
}
