import { Hono } from 'hono';
import { isCancellation, messageOf, OllamaError } from '../base/errors.ts';
import { errorReply, textReply } from './http-reply.ts';
import { hostCheck } from './middleware/host-check.ts';
import { ignoredLog } from './middleware/ignored-log.ts';
import { originCheck } from './middleware/origins.ts';
import { requestLog } from './middleware/request-log.ts';
import { applyTemplateRoute } from './routes/apply-template.ts';
import { blobsRoute } from './routes/blobs.ts';
import { chatRoute } from './routes/chat.ts';
import { copyRoute } from './routes/copy.ts';
import { createRoute } from './routes/create.ts';
import { deleteRoute } from './routes/delete.ts';
import { detokenizeRoute } from './routes/detokenize.ts';
import { embedRoute } from './routes/embed.ts';
import { embeddingsRoute } from './routes/embeddings.ts';
import { generateRoute } from './routes/generate.ts';
import { loadRoute } from './routes/load.ts';
import { openApiRoute } from './routes/openapi.ts';
import { psRoute } from './routes/ps.ts';
import { pullRoute } from './routes/pull.ts';
import { queueRoute } from './routes/queue.ts';
import { rerankRoute } from './routes/rerank.ts';
import { rootRoute } from './routes/root.ts';
import { showRoute } from './routes/show.ts';
import { tagsRoute } from './routes/tags.ts';
import { tokenizeRoute } from './routes/tokenize.ts';
import { unloadRoute } from './routes/unload.ts';
import { versionRoute } from './routes/version.ts';
import type { RequestContext, Route, ServerEnvironment, ServerParts } from './server-parts.ts';

export type ServerApp = Hono<ServerEnvironment>;

/** The HTTP application; takes its parts, opens no port. */
export function createApp(parts: ServerParts): ServerApp {
  const app: ServerApp = new Hono();
  const routes = createRoutes(parts);
  const { logger, config } = parts;
  app.use(requestLog(logger), ignoredLog(logger), originCheck(config.origins), hostCheck(config.host.host));
  for (const route of routes) addRoute(app, route);
  app.notFound((context) => notFound(context, routes));
  app.onError((error, context) => {
    if (error instanceof OllamaError) return errorReply(error);
    if (isCancellation(error)) return errorReply(new OllamaError('canceled', 'request canceled'));
    const { method, path } = context.req;
    parts.logger.error('unexpected error', { method, path, error: messageOf(error), stack: error.stack });
    return errorReply(new OllamaError('internal', 'internal error, see the server log'));
  });
  return app;
}

function createRoutes(parts: ServerParts): Route[] {
  return [
    rootRoute(),
    versionRoute(parts),
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
    unloadRoute(parts),
    showRoute(parts),
    createRoute(parts),
    copyRoute(parts),
    deleteRoute(parts),
    pullRoute(parts),
    blobsRoute(parts),
  ];
}

function addRoute(app: ServerApp, { path, handlers }: Route): void {
  const allowed = Object.keys(handlers).join(', ');
  app.all(path, (context) => {
    const { method } = context.req;
    const handler = Object.entries(handlers).find(([name]) => name === method)?.[1];
    return handler?.(context) ?? textReply('405 method not allowed', 405, { Allow: allowed });
  });
}

/** A slash too many at the end of a known path is a redirect, all else is not found. */
function notFound(context: RequestContext, routes: readonly Route[]): Response {
  const { method, path } = context.req;
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed !== path && routes.some((route) => route.path === trimmed)) {
    return new Response(null, { status: method === 'GET' ? 301 : 307, headers: { Location: trimmed } });
  }
  return textReply('404 page not found', 404);
}
