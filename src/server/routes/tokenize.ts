import { tokenizeRequestSchema } from '../../api/tokenize.ts';
import { listReply } from '../reply/list-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestCaller } from '../request/request-caller.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function tokenizeRoute({ textTokens }: Pick<ServerParts, 'textTokens'>): Route {
  return {
    path: '/api/tokenize',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, tokenizeRequestSchema, bodyLimits.texts);
        const reply = await textTokens.tokenize(request, requestCaller(context));
        return listReply(reply, headers);
      },
    },
  };
}
