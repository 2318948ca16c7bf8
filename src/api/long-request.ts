import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import { OllamaError } from '../base/errors.ts';
import { isJsonObject, type JsonObject } from '../base/json-object.ts';
import { boundedList } from './bounded.ts';
import { explain, type ParsedRequest, parseRequest, type RequestSchema } from './parse-request.ts';
import { FieldNames, foldFieldNames } from './request-object.ts';

/** Shorter lists are checked at once: an element takes microseconds. */
const LONG_LIST = 1000;
/** How long elements are checked before others get their turn. */
const PIECE_MS = 25;

/**
 * Checks a request as `parseRequest` does, but its long lists piece by piece.
 * @param turn waits until the next piece may be checked
 */
export async function parseLongRequest<Schema extends RequestSchema>(
  schema: Schema,
  body: unknown,
  turn: () => Promise<void>,
): Promise<ParsedRequest<z.output<Schema>>> {
  const { shape } = schema.out;
  if (!isJsonObject(body)) return parseRequest(schema, body);
  const fields = foldFieldNames(body, new FieldNames(Object.keys(shape))) as JsonObject;
  const checked: JsonObject = {};
  for (const [name, field] of Object.entries(shape)) {
    const list = fields[name];
    const bounds = boundedList(field);
    if (!bounds || !Array.isArray(list) || list.length <= LONG_LIST || list.length > bounds.limit) continue;
    checked[name] = await checkedList(name, list, bounds.element, turn);
    // The rest of the request is checked with a list as short as any.
    fields[name] = list.slice(0, 1);
  }
  await turn();
  const { request, ignored } = parseRequest(schema, body, fields);
  return { request: { ...request, ...checked }, ignored };
}

async function checkedList(
  name: string,
  list: readonly unknown[],
  element: z.core.$ZodType,
  turn: () => Promise<void>,
): Promise<unknown[]> {
  const output: unknown[] = [];
  let pieceEnd = 0;
  for (const [index, item] of list.entries()) {
    if (performance.now() > pieceEnd) {
      await turn();
      pieceEnd = performance.now() + PIECE_MS;
    }
    const result = z.safeParse(element, item, { reportInput: true });
    const issue = result.error?.issues[0];
    if (issue) {
      throw new OllamaError('invalid-request', explain({ ...issue, path: [name, index, ...issue.path] }));
    }
    output.push(result.data);
  }
  return output;
}
