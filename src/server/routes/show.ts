import { requireModel } from '../../access/require-model.ts';
import { requestedModel } from '../../api/common.ts';
import { type ShowResponse, showRequestSchema } from '../../api/show.ts';
import { OllamaError } from '../../base/errors.ts';
import { showRemote } from '../../inference/remote/remote-tags.ts';
import type { Model } from '../../models/model.ts';
import { RemoteModelError } from '../../models/remote/remote-model.ts';
import { showRemoteModel } from '../../models/remote/show-remote.ts';
import { showModel } from '../../models/show.ts';
import { ModelName } from '../../names/model-name.ts';
import type { RemoteRoute } from '../../upstreams/routing/upstreams.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { isLocalClient } from '../request/loopback.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { Route, ServerParts } from '../server-parts.ts';

type Parts = Pick<ServerParts, 'models' | 'catalog' | 'typeSpeeds' | 'remoteNames'>;

export function showRoute({ models, catalog, typeSpeeds, remoteNames }: Parts): Route {
  return {
    path: '/api/show',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, showRequestSchema, bodyLimits.names);
        const text = requestedModel(request);
        if (text === '') throw new OllamaError('invalid-request', 'model is required');
        const name = ModelName.parse(text);
        requireModel(context.get('key'), text);
        // A model is shown as it was created; an alias is shown with its changes from the config file.
        const isAlias = models.aliasTarget(name) !== undefined;
        const found = await findShown(name, isAlias ? models : catalog, remoteNames.find(text)?.route);
        if ('remote' in found) return jsonReply(found.remote, headers);
        const { model } = found;
        if (!model) throw new OllamaError('not-found', `model '${name.short}' not found`);
        const files = isLocalClient(context) ? 'by path' : 'by name';
        const shown = await showModel(model, request, files);
        const speed = request.speed ? await typeSpeeds.slowness(model.facts.fileType) : undefined;
        return jsonReply({ ...shown, ...(speed && { speed }) }, headers);
      },
    },
  };
}

type Shown = { readonly model: Model | undefined } | { readonly remote: ShowResponse };

/** @param route to the upstreams that answer for the name; absent = there are none */
async function findShown(
  name: ModelName,
  models: { find(name: ModelName): Promise<Model | undefined> },
  route: RemoteRoute | undefined,
): Promise<Shown> {
  if (route && route.overflowMs === undefined) return { remote: showRemote(route) };
  try {
    const model = await models.find(name);
    return !model && route ? { remote: showRemote(route) } : { model };
  } catch (error) {
    if (error instanceof RemoteModelError) return { remote: showRemoteModel(error.remote) };
    if (route && error instanceof OllamaError && error.code === 'not-found')
      return { remote: showRemote(route) };
    throw error;
  }
}
