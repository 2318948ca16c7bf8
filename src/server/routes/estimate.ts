import { estimateRequestSchema } from '../../api/estimate.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function estimateRoute({ memoryEstimates }: Pick<ServerParts, 'memoryEstimates'>): Route {
  return {
    path: '/api/estimate',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, estimateRequestSchema, bodyLimits.names);
        return jsonReply(await memoryEstimates.estimate(request), headers);
      },
    },
  };
}
