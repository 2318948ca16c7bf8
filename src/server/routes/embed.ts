import { embedRequestSchema } from '../../api/embed.ts';
import { listReply } from '../reply/list-reply.ts';
import { ignoredHeader } from '../reply/run-headers.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestCaller } from '../request/request-caller.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function embedRoute({ embedder }: Pick<ServerParts, 'embedder'>): Route {
  return {
    path: '/api/embed',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          embedRequestSchema,
          bodyLimits.conversation,
        );
        const reply = await embedder.embed(request, requestCaller(context), (name) => ignored.add(name));
        return listReply(reply, ignoredHeader(ignored));
      },
    },
  };
}
