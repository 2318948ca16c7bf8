import { rerankRequestSchema } from '../../../api/rerank.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import type { Route, ServerParts } from '../../server-parts.ts';

/** The rerank API of Jina and Cohere, which search tools expect next to OpenAI's API. */
export function rerankV1Route({ reranker }: Pick<ServerParts, 'reranker'>): Route {
  return {
    path: '/v1/rerank',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, rerankRequestSchema, bodyLimits.texts);
        const {
          model,
          results,
          prompt_eval_count: tokens = 0,
        } = await reranker.rerank(request, requestCaller(context));
        const usage = { prompt_tokens: tokens, total_tokens: tokens };
        return jsonReply({ object: 'list', model, results, usage }, headers);
      },
    },
  };
}
