import { requireEveryModel, requireModel } from '../../access/require-model.ts';
import { verifyRequestSchema } from '../../api/verify.ts';
import { ModelName } from '../../names/model-name.ts';
import { verifyStore } from '../../store/verify.ts';
import { lastOf } from '../reply/collect.ts';
import { eventReply } from '../reply/event-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestLogger } from '../request/request-id.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function verifyRoute({ store, logger }: Pick<ServerParts, 'store' | 'logger'>): Route {
  return {
    path: '/api/verify',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, verifyRequestSchema, bodyLimits.names);
        const key = context.get('key');
        if (request.model === undefined) requireEveryModel(key, 'all models are verified');
        else requireModel(key, request.model);
        const name = request.model === undefined ? undefined : ModelName.parse(request.model);
        const abort = requestAbort(context);
        const progress = verifyStore(store, { ...(name && { name }), signal: abort.signal });
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
