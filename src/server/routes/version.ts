import type { VersionResponse } from '../../api/version.ts';
import { jsonReply } from '../reply/http-reply.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function versionRoute({ version }: Pick<ServerParts, 'version'>): Route {
  const body: VersionResponse = { version };
  const handler = () => jsonReply(body);
  return { path: '/api/version', handlers: { GET: handler, HEAD: handler } };
}
