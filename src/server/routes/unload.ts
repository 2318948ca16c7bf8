import { unloadRequestSchema } from '../../api/load.ts';
import { lastOf } from '../reply/collect.ts';
import { eventReply } from '../reply/event-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestCaller } from '../request/request-caller.ts';
import { requestLogger } from '../request/request-id.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function unloadRoute({ modelLoading, logger }: Pick<ServerParts, 'modelLoading' | 'logger'>): Route {
  return {
    path: '/api/unload',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, unloadRequestSchema, bodyLimits.names);
        const abort = requestAbort(context);
        const progress = modelLoading.unload(request, requestCaller(context, abort));
        const stream = request.stream ?? true;
        return eventReply(progress, {
          stream,
          collect: lastOf,
          headers: () => headers,
          abort,
          logger: requestLogger(context, logger),
        });
      },
    },
  };
}
