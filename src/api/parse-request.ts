import type { z } from 'zod';
import { OllamaError } from '../base/errors.ts';
import { isJsonObject } from '../base/json-object.ts';
import { ignoredFields } from './ignored-fields.ts';
import type { requestObject } from './request-object.ts';

export type RequestSchema = ReturnType<typeof requestObject<z.ZodRawShape>>;

export interface ParsedRequest<Request> {
  readonly request: Request;
  /** Fields that have no effect, such as "seeed" or "options.low_vram"; not all of them when there are many. */
  readonly ignored: string[];
}

/**
 * Checks a decoded request body against its schema.
 * @param fields what is checked, if it is not the body itself, which tells the ignored fields
 * @throws OllamaError `invalid-request` naming the first invalid field and what was expected
 */
export function parseRequest<Schema extends RequestSchema>(
  schema: Schema,
  body: unknown,
  fields = body,
): ParsedRequest<z.output<Schema>> {
  if (!isJsonObject(body)) {
    throw new OllamaError('invalid-request', `request body must be a JSON object, not ${typeName(body)}`);
  }
  const result = schema.safeParse(fields, { reportInput: true });
  const issue = result.error?.issues[0];
  if (issue) throw new OllamaError('invalid-request', explain(issue));
  return { request: result.data as z.output<Schema>, ignored: ignoredFields(schema, body) };
}

/** The text of a refusal. */
export function explain(issue: z.core.$ZodIssue): string {
  const field = fieldName(issue.path);
  if (issue.code === 'invalid_type') {
    return `field "${field}" must be of type ${expectedName(issue.expected)}, not ${typeName(issue.input)}`;
  }
  // Messages of our own checks already name their field.
  return issue.code === 'custom' ? issue.message : `field "${field}": ${issue.message}`;
}

function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}

function expectedName(expected: string): string {
  if (expected === 'record') return 'object';
  return expected === 'int' ? 'integer' : expected;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
