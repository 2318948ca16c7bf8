import type { TagsResponse } from '../../api/tags.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { usableModels } from '../reply/usable-models.ts';
import type { RequestContext, Route, ServerParts } from '../server-parts.ts';

export function tagsRoute({ models }: Pick<ServerParts, 'models'>): Route {
  const handler = async (context: RequestContext) => {
    const body: TagsResponse = { models: usableModels(context, await models.list()) };
    return jsonReply(body);
  };
  return { path: '/api/tags', handlers: { GET: handler, HEAD: handler } };
}
