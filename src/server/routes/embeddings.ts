import { embeddingsRequestSchema } from '../../api/embeddings.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestCaller } from '../request/request-caller.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function embeddingsRoute({ embedder }: Pick<ServerParts, 'embedder'>): Route {
  return {
    path: '/api/embeddings',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, embeddingsRequestSchema, bodyLimits.texts);
        return jsonReply(await embedder.embedOne(request, requestCaller(context)), headers);
      },
    },
  };
}
