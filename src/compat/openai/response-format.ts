import { z } from 'zod';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';

export const responseFormatSchema = requestObject({
  type: z.string(),
  json_schema: requestObject({
    name: z.string().exactOptional(),
    description: z.string().exactOptional(),
    schema: z.record(z.string(), z.unknown()).exactOptional(),
    strict: z.boolean().exactOptional(),
  }).exactOptional(),
});

type ResponseFormat = z.infer<typeof responseFormatSchema>;

/** @throws OllamaError `invalid-request` for a type that is unknown, or a schema that is missing */
export function nativeFormat({ type, json_schema: schema }: ResponseFormat): 'json' | JsonObject | undefined {
  if (type === 'text') return undefined;
  if (type === 'json_object') return 'json';
  if (type !== 'json_schema') {
    throw refuse(`type "${type}" is not supported, only "text", "json_object" and "json_schema"`);
  }
  if (!schema?.schema) throw refuse('"json_schema" has no "schema"');
  return schema.schema;
}

function refuse(reason: string): OllamaError {
  return new OllamaError('invalid-request', `response_format: ${reason}`);
}
