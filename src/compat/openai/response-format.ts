import { z } from 'zod';
import { jsonObjectSchema } from '../../api/bounded.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';

export const responseFormatSchema = requestObject({
  type: z.string(),
  json_schema: requestObject({
    name: z.string().exactOptional(),
    description: z.string().exactOptional(),
    schema: jsonObjectSchema.exactOptional(),
    strict: z.boolean().exactOptional(),
  }).exactOptional(),
  /** The schema beside the type, as llama-server and Together have it. */
  schema: jsonObjectSchema.exactOptional(),
});

type ResponseFormat = z.infer<typeof responseFormatSchema>;

/**
 * Converts a response format to `format` of the native API.
 * @throws OllamaError `invalid-request` for a type that cannot be enforced, or for one that needs a schema
 */
export function nativeFormat({
  type,
  json_schema: named,
  schema = named?.schema,
}: ResponseFormat): 'json' | JsonObject | undefined {
  if (type === 'text') return undefined;
  if (type === 'json_object') return schema ?? 'json';
  if (type !== 'json_schema') {
    throw refuse(`type "${type}" is not supported: use "text", "json_object" or "json_schema"`);
  }
  if (!schema) throw refuse('"json_schema" has no "schema"');
  return schema;
}

function refuse(reason: string): OllamaError {
  return new OllamaError('invalid-request', `response_format: ${reason}`);
}
