import { requireModel } from '../../access/require-model.ts';
import { requestedModel } from '../../api/common.ts';
import { pushRequestSchema } from '../../api/push.ts';
import { OllamaError } from '../../base/errors.ts';
import { ModelName } from '../../names/model-name.ts';
import { lastOf } from '../reply/collect.ts';
import { eventReply } from '../reply/event-reply.ts';
import { isLocalClient } from '../request/loopback.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestLogger } from '../request/request-id.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function pushRoute({ push, logger }: Pick<ServerParts, 'push' | 'logger'>): Route {
  return {
    path: '/api/push',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, pushRequestSchema, bodyLimits.names);
        const model = requestedModel(request);
        if (model === '') throw new OllamaError('invalid-request', 'model is required');
        requireModel(context.get('key'), model);
        const name = ModelName.parse(model);
        const abort = requestAbort(context);
        const progress = push(name, {
          insecure: request.insecure ?? false,
          signal: abort.signal,
          isLocal: isLocalClient(context),
        });
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
