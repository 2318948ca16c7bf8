import type { EngineEvent } from '../../api/engine-events.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Viewer } from '../../live/live-runs.ts';
import { KEEP_ALIVE_COMMENT, type SseEvent, sseReply } from '../reply/sse-reply.ts';
import { endWithKey } from '../request/end-with-key.ts';
import { requestLogger } from '../request/request-id.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { RequestContext, Route, ServerParts } from '../server-parts.ts';

/** What the engine does, as events for a page or a script. */
export function engineEventsRoute({
  engineWatch,
  keys,
  logger,
}: Pick<ServerParts, 'engineWatch' | 'keys' | 'logger'>): Route {
  return {
    path: '/api/engine/events',
    handlers: {
      GET: (context) => {
        if (!engineWatch)
          throw new OllamaError('not-found', 'nobody counts what the engine does: see OLLAMA_METRICS');
        const abort = requestAbort(context);
        endWithKey(context, { keys, scope: 'metrics' }, abort);
        return sseReply(asSse(engineWatch.watch(viewerOf(context), abort.signal)), {
          abort,
          logger: requestLogger(context, logger),
          headers: () => ({}),
          errorEvents: (error) => [{ data: { error: error.message } }],
          keepAlive: KEEP_ALIVE_COMMENT,
        });
      },
    },
  };
}

async function* asSse(
  events: AsyncGenerator<EngineEvent, void, undefined>,
): AsyncGenerator<SseEvent, void, undefined> {
  for await (const data of events) yield { data };
}

/** Who sends no key sees the names of runs without one: where keys exist, those of others need the scope `admin`. */
function viewerOf(context: RequestContext): Viewer {
  const key = context.get('key');
  if (!key) return { seesAll: false, mayUse: () => true };
  return {
    keyId: key.id,
    seesAll: key.scopes.has('admin'),
    mayUse: (model) => key.mayUseAll || (model !== undefined && key.mayUse(model)),
  };
}
