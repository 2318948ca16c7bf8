import { embeddingsRequestSchema } from '../../api/embeddings.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { ignoredHeader } from '../reply/run-headers.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestCaller } from '../request/request-caller.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function embeddingsRoute({ embedder }: Pick<ServerParts, 'embedder'>): Route {
  return {
    path: '/api/embeddings',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(context, embeddingsRequestSchema, bodyLimits.texts);
        const note = (name: string) => ignored.add(name);
        const reply = await embedder.embedOne(request, requestCaller(context), note);
        return jsonReply(reply, ignoredHeader(ignored));
      },
    },
  };
}
