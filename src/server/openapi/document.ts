import { replyNotes, requestNotes, withDeepNotes, withNotes } from './field-notes.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import { RequestSchemas } from './request-schema.ts';
import { responseSchemas } from './response-schemas.ts';
import { type JsonSchema, reference, text } from './schema-parts.ts';

const notedResponses = Object.fromEntries(
  Object.entries(responseSchemas).map(([name, schema]) => [name, withDeepNotes(schema, replyNotes)]),
);

const streamTypes = {
  ndjson: 'application/x-ndjson',
  sse: 'text/event-stream',
  events: 'text/event-stream',
} as const;

/** Where a key may be. The document says of each operation which scope its key needs. */
const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
} as const;

/** A server without keys needs none, which the empty alternative says. */
const keyed = { security: [{ bearer: [] }, { apiKey: [] }, {}] } as const;

/** The OpenAPI 3.1 description of the HTTP API. */
export function openApiDocument(version: string): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const requests = new RequestSchemas();
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describe(operation, requests) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ollama-ts',
      version,
      description:
        'Field names ignore letter case. Unknown fields are ignored and listed in the header X-Ollama-Ignored.',
    },
    servers: [{ url: 'http://127.0.0.1:11434' }],
    paths,
    components: { schemas: { ...requests.named, ...notedResponses }, securitySchemes },
  };
}

function describe(operation: Operation, requests: RequestSchemas): JsonSchema {
  const { summary, path, scope, uploads } = operation;
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: text,
  }));
  const body = uploads ? { 'application/octet-stream': {} } : requestContent(operation, requests);
  return {
    summary,
    'x-ollama-scope': scope,
    ...(scope === 'open' ? { security: [] } : keyed),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: body } }),
    responses: {
      200: { description: 'Success', ...content(operation) },
      default: { description: 'The request was refused or failed', content: jsonContent(reference('Error')) },
    },
  };
}

function requestContent(
  { path, request, form }: Operation,
  requests: RequestSchemas,
): JsonSchema | undefined {
  if (!request) return undefined;
  const schema = withNotes(requests.describe(request), path.startsWith('/api/') ? requestNotes : {});
  return form ? { 'multipart/form-data': { schema: withFile(schema) } } : jsonContent(schema);
}

function withFile({ properties, ...schema }: JsonSchema): JsonSchema {
  const file = { type: 'string', format: 'binary', description: 'The recording: WAV, MP3 or FLAC' };
  return { ...schema, properties: { file, ...(properties as JsonSchema) }, required: ['file', 'model'] };
}

function content({ response, stream }: Operation): JsonSchema {
  if (response === undefined) return {};
  const schema = reference(response);
  const streamed = stream && { [streamTypes[stream]]: { schema } };
  return { content: { ...(stream !== 'events' && jsonContent(schema)), ...streamed } };
}

function jsonContent(schema: JsonSchema): JsonSchema {
  return { 'application/json': { schema } };
}
