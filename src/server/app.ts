import { Hono } from 'hono';
import { isCancellation, messageOf, OllamaError } from '../base/errors.ts';
import { bodyLog } from './middleware/body-log.ts';
import { hostCheck } from './middleware/host-check.ts';
import { ignoredLog } from './middleware/ignored-log.ts';
import { originCheck } from './middleware/origins.ts';
import { requestLog } from './middleware/request-log.ts';
import { dialectError, isNative } from './reply/dialect.ts';
import { textReply } from './reply/http-reply.ts';
import { ResponseStore } from './response-store.ts';
import { applyTemplateRoute } from './routes/apply-template.ts';
import { blobsRoute } from './routes/blobs.ts';
import { chatRoute } from './routes/chat.ts';
import { copyRoute } from './routes/copy.ts';
import { createRoute } from './routes/create.ts';
import { deleteRoute } from './routes/delete.ts';
import { detokenizeRoute } from './routes/detokenize.ts';
import { embedRoute } from './routes/embed.ts';
import { embeddingsRoute } from './routes/embeddings.ts';
import { estimateRoute } from './routes/estimate.ts';
import { generateRoute } from './routes/generate.ts';
import { healthRoute } from './routes/health.ts';
import { linkRoute } from './routes/link.ts';
import { loadRoute } from './routes/load.ts';
import { openApiRoute } from './routes/openapi.ts';
import { psRoute } from './routes/ps.ts';
import { pullRoute } from './routes/pull.ts';
import { pushRoute } from './routes/push.ts';
import { queueRoute } from './routes/queue.ts';
import { rerankRoute } from './routes/rerank.ts';
import { rootRoute } from './routes/root.ts';
import { showRoute } from './routes/show.ts';
import { tagsRoute } from './routes/tags.ts';
import { tokenizeRoute } from './routes/tokenize.ts';
import { unloadRoute } from './routes/unload.ts';
import { chatCompletionsRoute } from './routes/v1/chat-completions.ts';
import { completionsRoute } from './routes/v1/completions.ts';
import { embeddingsV1Route } from './routes/v1/embeddings.ts';
import { countTokensRoute, messagesRoute } from './routes/v1/messages.ts';
import { modelRoute, modelsRoute } from './routes/v1/models.ts';
import { rerankV1Route } from './routes/v1/rerank.ts';
import { responsesRoute, storedResponseRoute } from './routes/v1/responses.ts';
import { registryRoutes } from './routes/v2/registry.ts';
import { verifyRoute } from './routes/verify.ts';
import { versionRoute } from './routes/version.ts';
import type { RequestContext, Route, ServerEnvironment, ServerParts } from './server-parts.ts';

export type ServerApp = Hono<ServerEnvironment>;

/** Creates the HTTP application from its parts. Opens no port. */
export function createApp(parts: ServerParts): ServerApp {
  const app: ServerApp = new Hono();
  const routes = createRoutes(parts);
  const { logger, config } = parts;
  app.use(
    requestLog(logger),
    parts.shutdown.middleware,
    ignoredLog(logger),
    originCheck(config),
    hostCheck(config.host.host),
  );
  app.use(bodyLog(config, logger));
  for (const route of routes) addRoute(app, route);
  app.notFound((context) => notFound(context, routes));
  app.onError((error, context) => {
    const { method, path } = context.req;
    if (error instanceof OllamaError) return dialectError(path, error);
    if (isCancellation(error)) return dialectError(path, new OllamaError('canceled', 'request canceled'));
    parts.logger.error('unexpected error', { method, path, error: messageOf(error), stack: error.stack });
    return dialectError(path, new OllamaError('internal', 'internal error, see the server log'));
  });
  return app;
}

function createRoutes(parts: ServerParts): Route[] {
  const responses = new ResponseStore();
  return [
    rootRoute(),
    versionRoute(parts),
    healthRoute(parts),
    openApiRoute(parts),
    generateRoute(parts),
    chatRoute(parts),
    embedRoute(parts),
    embeddingsRoute(parts),
    rerankRoute(parts),
    applyTemplateRoute(parts),
    tokenizeRoute(parts),
    detokenizeRoute(parts),
    tagsRoute(parts),
    psRoute(parts),
    queueRoute(parts),
    loadRoute(parts),
    estimateRoute(parts),
    unloadRoute(parts),
    showRoute(parts),
    createRoute(parts),
    copyRoute(parts),
    deleteRoute(parts),
    pullRoute(parts),
    pushRoute(parts),
    blobsRoute(parts),
    linkRoute(parts),
    verifyRoute(parts),
    chatCompletionsRoute(parts),
    completionsRoute(parts),
    embeddingsV1Route(parts),
    rerankV1Route(parts),
    responsesRoute({ ...parts, responses }),
    storedResponseRoute({ responses }),
    messagesRoute(parts),
    countTokensRoute(parts),
    modelsRoute(parts),
    modelRoute(parts),
    ...registryRoutes(parts),
  ];
}

function addRoute(app: ServerApp, { path, handlers }: Route): void {
  const allowed = Object.keys(handlers).join(', ');
  app.all(path, (context) => {
    const { method } = context.req;
    const handler = Object.entries(handlers).find(([name]) => name === method)?.[1];
    return handler?.(context) ?? methodNotAllowed(context.req.path, allowed);
  });
}

function methodNotAllowed(path: string, allowed: string): Response {
  if (isNative(path)) return textReply('405 method not allowed', 405, { Allow: allowed });
  const response = dialectError(
    path,
    new OllamaError('method-not-allowed', `method not allowed: use ${allowed}`),
  );
  response.headers.set('Allow', allowed);
  return response;
}

/** Redirects a known path with trailing slashes; any other path is not found. */
function notFound(context: RequestContext, routes: readonly Route[]): Response {
  const { method, path } = context.req;
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed !== path && routes.some((route) => route.path === trimmed)) {
    return new Response(null, { status: method === 'GET' ? 301 : 307, headers: { Location: trimmed } });
  }
  if (isNative(path)) return textReply('404 page not found', 404);
  return dialectError(path, new OllamaError('invalid-request', `no such path: ${path}`, { status: 404 }));
}
