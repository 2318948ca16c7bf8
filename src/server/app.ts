import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { Hono } from 'hono';
import { isCancellation, messageOf, OllamaError } from '../base/errors.ts';
import { auditTrail } from './audit/audit-trail.ts';
import { bodyLog } from './middleware/body-log.ts';
import { bodyStall } from './middleware/body-stall.ts';
import { fetchSiteCheck } from './middleware/fetch-site.ts';
import { hostCheck } from './middleware/host-check.ts';
import { ignoredLog } from './middleware/ignored-log.ts';
import { keyCheck } from './middleware/key-check.ts';
import { originCheck } from './middleware/origins.ts';
import { pathPrivacy } from './middleware/path-privacy.ts';
import { limitReport, requestLimit } from './middleware/rate-limits.ts';
import { refusalCount } from './middleware/refusal-count.ts';
import { requestIds } from './middleware/request-ids.ts';
import { requestLog } from './middleware/request-log.ts';
import { requestMetrics } from './middleware/request-metrics.ts';
import { requestTraces } from './middleware/request-traces.ts';
import { dialectError, isNative } from './reply/dialect.ts';
import { textReply } from './reply/http-reply.ts';
import { requestLogger } from './request/request-id.ts';
import { scopesOf } from './routes/route-scopes.ts';
import { createRoutes } from './routes/routes.ts';
import type { RequestContext, Route, ServerEnvironment, ServerParts } from './server-parts.ts';

export type ServerApp = Hono<ServerEnvironment>;

/** Creates the HTTP application from its parts. Opens no port. */
export function createApp(parts: ServerParts): ServerApp {
  const app: ServerApp = new Hono();
  const routes = createRoutes(parts);
  const { logger, config } = parts;
  if (parts.metrics) app.use(requestMetrics(parts.metrics));
  app.use(
    requestIds(),
    requestTraces(parts.traces),
    requestLog(logger),
    auditTrail(parts.audit),
    refusalCount(parts.usage),
    pathPrivacy([dirname(parts.store.blobs.folder), homedir()], logger),
    parts.shutdown.middleware,
    bodyStall(),
    ignoredLog(logger),
    originCheck(config),
    fetchSiteCheck(config),
    hostCheck(config.host.host),
  );
  for (const route of routes) {
    const scopes = scopesOf(route);
    const { budgets } = parts.limits;
    app.all(route.path, keyCheck(parts.keys, scopes), limitReport(budgets), requestLimit(budgets, scopes));
  }
  app.use(bodyLog(config, logger));
  for (const route of routes) addRoute(app, route);
  app.notFound((context) => notFound(context, routes));
  app.onError((error, context) => {
    const { method, path } = context.req;
    if (error instanceof OllamaError) return dialectError(context, error);
    if (isCancellation(error)) return dialectError(context, new OllamaError('canceled', 'request canceled'));
    const unexpected = { method, path, error: messageOf(error), stack: error.stack };
    requestLogger(context, logger).error('unexpected error', unexpected);
    return dialectError(context, new OllamaError('internal', 'internal error, see the server log'));
  });
  return app;
}

function addRoute(app: ServerApp, { path, handlers }: Route): void {
  const allowed = Object.keys(handlers).join(', ');
  app.all(path, (context) => {
    const { method } = context.req;
    const handler = Object.entries(handlers).find(([name]) => name === method)?.[1];
    return handler?.(context) ?? methodNotAllowed(context, allowed);
  });
}

function methodNotAllowed(context: RequestContext, allowed: string): Response {
  if (isNative(context.req.path)) return textReply('405 method not allowed', 405, { Allow: allowed });
  const response = dialectError(
    context,
    new OllamaError('method-not-allowed', `method not allowed: use ${allowed}`),
  );
  response.headers.set('Allow', allowed);
  return response;
}

/** In linear time, unlike an expression that looks for the last run of slashes. */
function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end);
}

/** Redirects a known path with trailing slashes; any other path is not found. */
function notFound(context: RequestContext, routes: readonly Route[]): Response {
  const { method, path } = context.req;
  const trimmed = withoutTrailingSlashes(path);
  if (trimmed !== path && routes.some((route) => route.path === trimmed)) {
    return new Response(null, { status: method === 'GET' ? 301 : 307, headers: { Location: trimmed } });
  }
  if (isNative(path)) return textReply('404 page not found', 404);
  return dialectError(context, new OllamaError('invalid-request', `no such path: ${path}`, { status: 404 }));
}
