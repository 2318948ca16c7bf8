import { OllamaError } from '../base/errors.ts';
import { isJsonObject, type JsonObject } from '../base/json-object.ts';
import type { NestedJson } from './json-body.ts';

/**
 * The arguments of a call in a history, which dialects write as an object or as text. Text that is not a JSON object, or
 * that exceeds the limits of nested JSON, stays text: a client resends its history with each request, and a refusal would
 * end its conversation.
 * @param nested what the request's other arguments have left
 */
export function parsedArguments(given: unknown, nested: NestedJson): JsonObject | string {
  if (given === undefined || given === null) return {};
  if (isJsonObject(given)) return given;
  if (typeof given !== 'string') return JSON.stringify(given);
  if (given.trim() === '') return {};
  try {
    const parsed = nested.parse(given);
    return isJsonObject(parsed) ? parsed : given;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof OllamaError) return given;
    throw error;
  }
}
