import { estimateRequestSchema, remoteEstimateRequestSchema } from '../../api/estimate.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { isLocalClient } from '../request/loopback.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { Route, ServerParts } from '../server-parts.ts';

type Parts = Pick<ServerParts, 'memoryEstimates' | 'remoteEstimates' | 'typeSpeeds'>;

export function estimateRoutes(parts: Parts): Route[] {
  return [estimateRoute(parts), remoteEstimateRoute(parts)];
}

function estimateRoute({ memoryEstimates, typeSpeeds }: Parts): Route {
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

/** It speaks to registries, so it needs what a pull needs. */
function remoteEstimateRoute({ remoteEstimates, typeSpeeds }: Parts): Route {
  return {
    path: '/api/estimate/remote',
    handlers: {
      POST: async (context) => {
        const received = await receiveRequest(context, remoteEstimateRequestSchema, bodyLimits.names);
        const { type, ...estimate } = await remoteEstimates.estimate(received.request, {
          key: context.get('key'),
          isLocal: isLocalClient(context),
          signal: requestAbort(context).signal,
        });
        const speed = await typeSpeeds.slowness(type);
        return jsonReply({ ...estimate, ...(speed && { speed }) }, received.headers);
      },
    },
  };
}
