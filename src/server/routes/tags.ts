import type { TagsResponse } from '../../api/tags.ts';
import { jsonReply } from '../reply/http-reply.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function tagsRoute({ models }: Pick<ServerParts, 'models'>): Route {
  const handler = async () => {
    const body: TagsResponse = { models: await models.list() };
    return jsonReply(body);
  };
  return { path: '/api/tags', handlers: { GET: handler, HEAD: handler } };
}
