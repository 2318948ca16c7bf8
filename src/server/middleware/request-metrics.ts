import { performance } from 'node:perf_hooks';
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Metrics } from '../../metrics/metrics.ts';
import type { RequestContext, ServerEnvironment } from '../server-parts.ts';

/** Counts each request by its route when its reply was sent. */
export function requestMetrics(metrics: Pick<Metrics, 'answered'>): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const started = performance.now();
    const { method } = context.req;
    const route = routeOf(context);
    const answered = (status: number) =>
      metrics.answered({ method, route, status, milliseconds: performance.now() - started });
    const outgoing = context.env?.outgoing;
    outgoing?.once('close', () => answered(outgoing.statusCode));
    await next();
    if (!outgoing) answered(context.res.status);
  };
}

/** The path of the route with the names of its parameters, never the path of the request; undefined = no route. */
function routeOf(context: RequestContext): string | undefined {
  return matchedRoutes(context).find(({ path }) => path !== '/*')?.path;
}
