import type { QueueResponse } from '../../api/queue.ts';
import { NANOSECONDS_PER_MILLISECOND } from '../../base/units.ts';
import { jsonReply } from '../reply/http-reply.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function queueRoute({ scheduler, config }: Pick<ServerParts, 'scheduler' | 'config'>): Route {
  return {
    path: '/api/queue',
    handlers: {
      GET: () => {
        const running = scheduler.running();
        const body: QueueResponse = {
          active: running.reduce((total, { activeRequests }) => total + activeRequests, 0),
          limit: config.maxQueue,
          queue: scheduler.waiting().map(({ name, priority, waitedMs, reason }, index) => ({
            position: index + 1,
            model: name,
            priority,
            waited: waitedMs * NANOSECONDS_PER_MILLISECOND,
            waits_for: reason,
          })),
          loading: running
            .filter(({ loading }) => loading)
            .map(({ name, loadedFraction }) => ({ model: name, fraction: loadedFraction })),
        };
        return jsonReply(body);
      },
    },
  };
}
