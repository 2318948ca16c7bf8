import { requestedModel } from '../../api/common.ts';
import { deleteRequestSchema } from '../../api/delete.ts';
import { modelKey } from '../../inference/model-target.ts';
import { deleteModel } from '../../models/delete.ts';
import type { Model } from '../../models/model.ts';
import { ModelName } from '../../names/model-name.ts';
import { bodyLimits, receiveRequest } from '../request-body.ts';
import type { Route, ServerParts } from '../server-parts.ts';

type Parts = Pick<ServerParts, 'catalog' | 'scheduler' | 'store'>;

export function deleteRoute(parts: Parts): Route {
  return {
    path: '/api/delete',
    handlers: {
      DELETE: async (context) => {
        const { request, headers } = await receiveRequest(context, deleteRequestSchema, bodyLimits.names);
        const model = await findUsable(parts, requestedModel(request));
        await deleteModel(request, { store: parts.store });
        // A deleted model must not stay in memory. If another name shares the weights, it just loads again.
        if (model) parts.scheduler.unload(modelKey(model));
        return new Response(null, { headers });
      },
    },
  };
}

/** A broken model can be deleted too, and is not loaded. */
async function findUsable({ catalog }: Parts, text: string): Promise<Model | undefined> {
  const name = ModelName.tryParse(text);
  return name && (await catalog.find(name).catch(() => undefined));
}
