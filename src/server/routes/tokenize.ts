import { tokenizeRequestSchema } from '../../api/tokenize.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestCaller } from '../request/request-caller.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function tokenizeRoute({ textTokens }: Pick<ServerParts, 'textTokens'>): Route {
  return {
    path: '/api/tokenize',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, tokenizeRequestSchema, bodyLimits.texts);
        return jsonReply(await textTokens.tokenize(request, requestCaller(context)), headers);
      },
    },
  };
}
