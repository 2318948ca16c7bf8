import { ResponseStore } from '../response-store.ts';
import type { Route, ServerParts } from '../server-parts.ts';
import { answerNowRoute } from './answer-now.ts';
import { applyTemplateRoute } from './apply-template.ts';
import { blobRoutes } from './blobs.ts';
import { chatRoute } from './chat.ts';
import { chatRoutes } from './chats.ts';
import { configRoute } from './config.ts';
import { copyRoute } from './copy.ts';
import { createRoute } from './create.ts';
import { deleteRoute } from './delete.ts';
import { detokenizeRoute } from './detokenize.ts';
import { embedRoute } from './embed.ts';
import { embeddingsRoute } from './embeddings.ts';
import { engineEventsRoute } from './engine-events.ts';
import { estimateRoutes } from './estimate.ts';
import { generateRoute } from './generate.ts';
import { healthRoutes } from './health.ts';
import { keyRoutes } from './keys.ts';
import { linkRoute } from './link.ts';
import { loadRoute } from './load.ts';
import { logsRoute } from './logs.ts';
import { metricsRoute } from './metrics.ts';
import { openApiRoute } from './openapi.ts';
import { pageRoutes } from './page.ts';
import { psRoute } from './ps.ts';
import { pullRoute } from './pull.ts';
import { pushRoute } from './push.ts';
import { queueRoute } from './queue.ts';
import { rerankRoute } from './rerank.ts';
import { informationRoutes } from './routers/information.ts';
import { loadsRoutes } from './routers/loads.ts';
import { renderRoutes } from './routers/render.ts';
import { routerDetokenizeRoute, routerTokenizeRoute } from './routers/tokenize.ts';
import { sessionRoute } from './session.ts';
import { showRoute } from './show.ts';
import { tagsRoute } from './tags.ts';
import { tokenizeRoute } from './tokenize.ts';
import { typeSpeedsRoute } from './type-speeds.ts';
import { unloadRoute } from './unload.ts';
import { usageRoute } from './usage.ts';
import { batchRoutes } from './v1/batches.ts';
import { chatCompletionsRoute } from './v1/chat-completions.ts';
import { completionsRoute } from './v1/completions.ts';
import { embeddingsV1Route } from './v1/embeddings.ts';
import { fileRoutes } from './v1/files.ts';
import { countTokensRoute, messagesRoute } from './v1/messages.ts';
import { modelRoute, modelsRoute } from './v1/models.ts';
import { rerankV1Route } from './v1/rerank.ts';
import { responsesRoute, storedResponseRoute } from './v1/responses.ts';
import { transcriptionsRoute, translationsRoute } from './v1/speech.ts';
import { registryRoutes } from './v2/registry.ts';
import { verifyRoute } from './verify.ts';
import { versionRoutes } from './version.ts';

/** Every route of the server, each with its parts. */
export function createRoutes(parts: ServerParts): Route[] {
  const responses = new ResponseStore();
  return [
    ...pageRoutes(parts),
    ...versionRoutes(parts),
    ...healthRoutes(parts),
    metricsRoute(parts),
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
    engineEventsRoute(parts),
    usageRoute(parts),
    loadRoute(parts),
    ...estimateRoutes(parts),
    typeSpeedsRoute(parts),
    unloadRoute(parts),
    showRoute(parts),
    createRoute(parts),
    copyRoute(parts),
    deleteRoute(parts),
    pullRoute(parts),
    pushRoute(parts),
    ...blobRoutes(parts),
    linkRoute(parts),
    verifyRoute(parts),
    ...keyRoutes(parts),
    sessionRoute(parts),
    ...chatRoutes(parts),
    answerNowRoute(parts),
    configRoute(parts),
    logsRoute(parts),
    chatCompletionsRoute(parts),
    completionsRoute(parts),
    embeddingsV1Route(parts),
    rerankV1Route(parts),
    transcriptionsRoute(parts),
    translationsRoute(parts),
    ...renderRoutes({ ...parts, responses }),
    responsesRoute({ ...parts, responses }),
    storedResponseRoute({ responses }),
    messagesRoute(parts),
    countTokensRoute(parts),
    ...fileRoutes(parts),
    ...batchRoutes(parts),
    modelsRoute(parts),
    modelRoute(parts),
    ...registryRoutes(parts),
    routerTokenizeRoute(parts),
    routerDetokenizeRoute(parts),
    ...informationRoutes(parts),
    ...loadsRoutes(parts),
  ];
}
