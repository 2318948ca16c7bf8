import { performance } from 'node:perf_hooks';
import type { MiddlewareHandler } from 'hono';
import { withoutKeys } from '../../access/without-keys.ts';
import type { Logger } from '../../base/logger.ts';
import { clientAddress } from '../listening/arrivals.ts';
import { requestFields } from '../request/request-id.ts';
import type { ServerEnvironment } from '../server-parts.ts';

/** Logs one line per request after its reply was sent: GET, HEAD and lines of batches at debug level, others at info level. */
export function requestLog(logger: Logger): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const started = performance.now();
    const { method } = context.req;
    const path = withoutKeys(context.req.path);
    // Read now, because a broken connection no longer has a socket.
    const socket = context.env?.incoming?.socket;
    const client = socket && clientAddress(socket);
    const log = (status: number) => {
      const milliseconds = Math.round(performance.now() - started);
      const isQuiet = method === 'GET' || method === 'HEAD' || context.env?.inner !== undefined;
      const report = isQuiet ? logger.debug : logger.info;
      const fields = { method, path, status, milliseconds, client, ...requestFields(context) };
      report.call(logger, 'request', fields);
    };
    const outgoing = context.env?.outgoing;
    outgoing?.once('close', () => log(outgoing.statusCode));
    await next();
    if (!outgoing) log(context.res.status);
  };
}
