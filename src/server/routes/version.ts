import type { VersionResponse } from '../../api/version.ts';
import { jsonReply } from '../reply/http-reply.ts';
import type { Route, ServerParts } from '../server-parts.ts';

/** At Ollama's path and at vLLM's. */
export function versionRoutes({ version }: Pick<ServerParts, 'version'>): Route[] {
  const body: VersionResponse = { version };
  const handler = () => jsonReply(body);
  const handlers = { GET: handler, HEAD: handler };
  return ['/api/version', '/version'].map((path) => ({ path, handlers }));
}
