import { requireFiles } from '../../access/require-files.ts';
import { requireModel } from '../../access/require-model.ts';
import { requestedModel } from '../../api/common.ts';
import { type CreateRequest, createRequestSchema } from '../../api/create.ts';
import { createModel } from '../../models/create.ts';
import { lastOf } from '../reply/collect.ts';
import { eventReply } from '../reply/event-reply.ts';
import { isLocalClient } from '../request/loopback.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestCaller } from '../request/request-caller.ts';
import { requestLogger } from '../request/request-id.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { Route, ServerParts } from '../server-parts.ts';

type Parts = Pick<
  ServerParts,
  | 'store'
  | 'catalog'
  | 'pull'
  | 'quantizer'
  | 'converter'
  | 'typeSpeeds'
  | 'remoteNames'
  | 'config'
  | 'logger'
>;

/**
 * Keys, values and separators of a request: three maps of 10,000 files, and a conversation of 10,000 messages. Distinct keys are what
 * takes JSON.parse longest: so many take a twentieth of a second.
 */
const MAX_PARTS = 200_000;

export function createRoute(parts: Parts): Route {
  const { store, catalog, pull, quantizer, converter, typeSpeeds, remoteNames, config, logger } = parts;
  return {
    path: '/api/create',
    handlers: {
      POST: async (context) => {
        const { texts } = bodyLimits;
        const { request, headers } = await receiveRequest(context, createRequestSchema, texts, MAX_PARTS);
        const key = context.get('key');
        for (const name of [requestedModel(request), request.from ?? '']) requireModel(key, name);
        await requireFiles(key, filesOf(request), store.manifests);
        const abort = requestAbort(context);
        const trust = { insecure: false, isLocal: isLocalClient(context) };
        const progress = createModel(request, {
          store,
          catalog,
          pull: (name, _signal, url) => pull(name, { ...trust, signal: abort.signal, url }),
          quantizer,
          converter,
          typeSpeeds,
          remoteHost: (host) => remoteNames.allowed(host),
          signal: abort.signal,
          owner: requestCaller(context, abort).client,
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

/** Digests of all files that the request names. */
function filesOf({ files, adapters, draft_files: drafts }: CreateRequest): string[] {
  return [files, adapters, drafts].flatMap((named) => Object.values(named ?? {}));
}
