import type { QueueResponse } from '../../api/queue.ts';
import { NANOSECONDS_PER_MILLISECOND } from '../../base/units.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { usableModels } from '../reply/usable-models.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function queueRoute({ scheduler, config }: Pick<ServerParts, 'scheduler' | 'config'>): Route {
  return {
    path: '/api/queue',
    handlers: {
      GET: (context) => {
        const running = scheduler.running();
        const body: QueueResponse = {
          active: running.reduce((total, { activeRequests }) => total + activeRequests, 0),
          limit: config.maxQueue,
          // Each position counts all requests, also those whose models the key may not use.
          queue: usableModels(
            context,
            scheduler.waiting().map((request, index) => ({ ...request, position: index + 1 })),
          ).map(({ position, name, priority, waitedMs, reason }) => ({
            position,
            model: name,
            priority,
            waited: waitedMs * NANOSECONDS_PER_MILLISECOND,
            waits_for: reason,
          })),
          loading: usableModels(context, running)
            .filter(({ loading }) => loading)
            .map(({ name, loadedFraction }) => ({ model: name, fraction: loadedFraction })),
        };
        return jsonReply(body);
      },
    },
  };
}
