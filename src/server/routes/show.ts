import { requireModel } from '../../access/require-model.ts';
import { requestedModel } from '../../api/common.ts';
import { showRequestSchema } from '../../api/show.ts';
import { OllamaError } from '../../base/errors.ts';
import { showModel } from '../../models/show.ts';
import { ModelName } from '../../names/model-name.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { isLocalClient } from '../request/loopback.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { Route, ServerParts } from '../server-parts.ts';

type Parts = Pick<ServerParts, 'models' | 'catalog' | 'typeSpeeds'>;

export function showRoute({ models, catalog, typeSpeeds }: Parts): Route {
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
        const model = await (isAlias ? models : catalog).find(name);
        if (!model) throw new OllamaError('not-found', `model '${name.short}' not found`);
        const files = isLocalClient(context) ? 'by path' : 'by name';
        const shown = await showModel(model, request, files);
        const speed = request.speed ? await typeSpeeds.slowness(model.facts.fileType) : undefined;
        return jsonReply({ ...shown, ...(speed && { speed }) }, headers);
      },
    },
  };
}
