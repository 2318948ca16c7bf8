import { openApiDocument } from '../openapi/document.ts';
import { jsonReply } from '../reply/http-reply.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function openApiRoute({ version }: Pick<ServerParts, 'version'>): Route {
  return { path: '/openapi.json', handlers: { GET: () => jsonReply(openApiDocument(version)) } };
}
