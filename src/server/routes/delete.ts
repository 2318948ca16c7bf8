import { requireModel } from '../../access/require-model.ts';
import { requestedModel } from '../../api/common.ts';
import { type DeleteRequest, deleteRequestSchema } from '../../api/delete.ts';
import { OllamaError } from '../../base/errors.ts';
import { modelKey } from '../../inference/loading/model-target.ts';
import { deleteModel } from '../../models/delete.ts';
import type { Model } from '../../models/model.ts';
import { ModelName } from '../../names/model-name.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { Route, ServerParts } from '../server-parts.ts';

type Parts = Pick<ServerParts, 'catalog' | 'models' | 'scheduler' | 'store'>;

export function deleteRoute(parts: Parts): Route {
  return {
    path: '/api/delete',
    handlers: {
      DELETE: async (context) => {
        const { request, headers } = await receiveRequest(context, deleteRequestSchema, bodyLimits.names);
        requireModel(context.get('key'), requestedModel(request));
        const model = await findUsable(parts, requestedModel(request));
        await deleteOrExplain(request, parts);
        // A deleted model must not stay in memory. If another name shares the weights, they are loaded again.
        if (model) parts.scheduler.unload(modelKey(model));
        return new Response(null, { headers });
      },
    },
  };
}

/** Explains that an alias is not a model and must be removed from the config file. */
async function deleteOrExplain(request: DeleteRequest, { store, models }: Parts): Promise<void> {
  try {
    await deleteModel(request, { store });
  } catch (error) {
    const name = ModelName.tryParse(requestedModel(request));
    const target = name && models.aliasTarget(name);
    if (!(error instanceof OllamaError) || error.code !== 'not-found' || target === undefined) throw error;
    const message = `'${requestedModel(request)}' is an alias of '${target}' in the config file: remove it there`;
    throw new OllamaError('not-found', message, { cause: error });
  }
}

/** Returns undefined for a broken model: it can be deleted too but is never loaded. */
async function findUsable({ catalog }: Parts, text: string): Promise<Model | undefined> {
  const name = ModelName.tryParse(text);
  return name && (await catalog.find(name).catch(() => undefined));
}
