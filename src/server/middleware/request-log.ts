import { performance } from 'node:perf_hooks';
import type { MiddlewareHandler } from 'hono';
import type { Logger } from '../../base/logger.ts';
import type { ServerEnvironment } from '../server-parts.ts';

/** One line per request once its reply is out: reads of state at debug level, work at info level. */
export function requestLog(logger: Logger): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const started = performance.now();
    const { method, path } = context.req;
    // Asked now: a connection that broke has no socket any more.
    const client = context.env?.incoming?.socket.remoteAddress;
    const log = (status: number) => {
      const milliseconds = Math.round(performance.now() - started);
      const report = method === 'GET' || method === 'HEAD' ? logger.debug : logger.info;
      report.call(logger, 'request', { method, path, status, milliseconds, client });
    };
    const outgoing = context.env?.outgoing;
    outgoing?.once('close', () => log(outgoing.statusCode));
    await next();
    if (!outgoing) log(context.res.status);
  };
}
