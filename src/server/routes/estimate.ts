import { estimateRequestSchema } from '../../api/estimate.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { Route, ServerParts } from '../server-parts.ts';

type Parts = Pick<ServerParts, 'memoryEstimates' | 'typeSpeeds'>;

export function estimateRoute({ memoryEstimates, typeSpeeds }: Parts): Route {
  return {
    path: '/api/estimate',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, estimateRequestSchema, bodyLimits.names);
        const { type, ...estimate } = await memoryEstimates.estimate(request, context.get('key'));
        const speed = await typeSpeeds.slowness(type);
        return jsonReply({ ...estimate, ...(speed && { speed }) }, headers);
      },
    },
  };
}
