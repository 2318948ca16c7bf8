import { detokenizeRequestSchema } from '../../api/tokenize.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestCaller } from '../request/request-caller.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function detokenizeRoute({ textTokens }: Pick<ServerParts, 'textTokens'>): Route {
  return {
    path: '/api/detokenize',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, detokenizeRequestSchema, bodyLimits.texts);
        return jsonReply(await textTokens.detokenize(request, requestCaller(context)), headers);
      },
    },
  };
}
