/** Generates docs/api-reference.md from the OpenAPI description; `npm run openapi` writes it. */
import { type Example, examples } from './examples.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import type { JsonSchema } from './schema-parts.ts';
import { fieldTable, schemaAnchor } from './schema-table.ts';

/** The default of OLLAMA_HOST. */
const SERVER = 'http://127.0.0.1:11434';

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/**
 * @param document the OpenAPI description of the operations
 * @returns the parts of the page in Markdown, keyed by the names of their markers
 */
export function apiReference(document: JsonSchema): Record<'operations' | 'schemas', string> {
  const { paths, components } = JSON.parse(JSON.stringify(document)) as Description;
  const shown = operations.filter((operation) => !isTwin(operation));
  return {
    operations: shown.map((operation) => operationSection(operation, paths)).join('\n\n'),
    schemas: Object.entries(components.schemas)
      .filter(([name]) => name !== 'ForeignObject')
      .map(([name, schema]) => `### ${name}\n\n${fieldTable(schema)}`)
      .join('\n\n'),
  };
}

/** A HEAD operation whose path also has GET returns the same reply without a body. */
function isTwin({ method, path }: Operation): boolean {
  return method === 'head' && operations.some((other) => other.method === 'get' && other.path === path);
}

function operationSection(operation: Operation, paths: Description['paths']): string {
  const { method, summary } = operation;
  const path = operation.path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');
  const parts = [`### ${method.toUpperCase()} ${path}`, `${summary}.`];
  const table = fieldTable(requestSchema(paths[path]?.[method]));
  if (table !== '') parts.push(table);
  parts.push(replyText(operation), exampleBlock(operation));
  return parts.join('\n\n');
}

function requestSchema(described: JsonSchema | undefined): JsonSchema {
  const { requestBody } = (described ?? {}) as {
    requestBody?: { content: Record<string, { schema?: JsonSchema }> };
  };
  const content = requestBody?.content;
  return (content?.['application/json'] ?? content?.['multipart/form-data'])?.schema ?? {};
}

function replyText({ method, response, stream }: Operation): string {
  if (method === 'head') return 'Reply: only the status.';
  if (response === undefined) return 'Reply: no JSON.';
  const name =
    response === 'ForeignObject'
      ? 'the object of the original API'
      : `[${response}](${schemaAnchor(response)})`;
  const streams = {
    ndjson: '; streamed, one object per line',
    sse: '; streamed as server-sent events with `"stream": true`',
    events: ', one after another as server-sent events',
  };
  return `Reply: ${name}${stream === undefined ? '' : streams[stream]}.`;
}

function exampleBlock({ method, path }: Operation): string {
  const example: Example = examples[`${method.toUpperCase()} ${path}`] ?? {};
  const info = example.notRun === undefined ? 'sh' : `sh not-run: ${example.notRun}`;
  const words = ['curl', ...methodWords(method, example)];
  if (example.arguments !== undefined) words.push(example.arguments);
  const url = SERVER + (example.path ?? path);
  words.push(/[$?]/.test(url) ? `"${url}"` : url);
  if (example.body !== undefined) words.push(`-d '${JSON.stringify(example.body, null, 2)}'`);
  return [`\`\`\`${info}`, words.join(' '), '```'].join('\n');
}

function methodWords(method: Operation['method'], { body }: Example): string[] {
  if (method === 'head') return ['-I'];
  const usual = body === undefined ? 'get' : 'post';
  return method === usual || method === 'post' ? [] : ['-X', method.toUpperCase()];
}
