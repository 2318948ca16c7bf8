import { rerankRequestSchema } from '../../api/rerank.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestCaller } from '../request/request-caller.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function rerankRoute({ reranker }: Pick<ServerParts, 'reranker'>): Route {
  return {
    path: '/api/rerank',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, rerankRequestSchema, bodyLimits.texts);
        return jsonReply(await reranker.rerank(request, requestCaller(context)), headers);
      },
    },
  };
}
