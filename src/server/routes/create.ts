import { createRequestSchema } from '../../api/create.ts';
import { createModel } from '../../models/create.ts';
import { lastOf } from '../reply/collect.ts';
import { eventReply } from '../reply/event-reply.ts';
import { isLocalClient } from '../request/loopback.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestLogger } from '../request/request-id.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { Route, ServerParts } from '../server-parts.ts';

type Parts = Pick<ServerParts, 'store' | 'catalog' | 'pull' | 'quantizer' | 'config' | 'logger'>;

export function createRoute({ store, catalog, pull, quantizer, config, logger }: Parts): Route {
  return {
    path: '/api/create',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, createRequestSchema, bodyLimits.texts);
        const abort = requestAbort(context);
        const trust = { insecure: false, isLocal: isLocalClient(context) };
        const progress = createModel(request, {
          store,
          catalog,
          pull: (name, _signal, url) => pull(name, { ...trust, signal: abort.signal, url }),
          quantizer,
          signal: abort.signal,
          config,
        });
        const stream = request.stream ?? true;
        return eventReply(store.adding(progress, abort.signal), {
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
