import { requireModel } from '../../access/require-model.ts';
import { requestedModel } from '../../api/common.ts';
import { pullRequestSchema } from '../../api/pull.ts';
import { FileUrl } from '../../names/file-url.ts';
import { ModelName } from '../../names/model-name.ts';
import { lastOf } from '../reply/collect.ts';
import { eventReply } from '../reply/event-reply.ts';
import { isLocalClient } from '../request/loopback.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestLogger } from '../request/request-id.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function pullRoute({ pull, logger }: Pick<ServerParts, 'pull' | 'logger'>): Route {
  return {
    path: '/api/pull',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, pullRequestSchema, bodyLimits.names);
        const model = requestedModel(request);
        requireModel(context.get('key'), model);
        const url = FileUrl.parse(model);
        const name = url?.name ?? ModelName.parse(model);
        const abort = requestAbort(context);
        const progress = pull(name, {
          insecure: request.insecure ?? false,
          signal: abort.signal,
          isLocal: isLocalClient(context),
          url,
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
