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

type Parts = Pick<ServerParts, 'catalog' | 'models' | 'remoteNames' | 'scheduler' | 'store'>;

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

/** Explains that an alias, or a model of an upstream, is none of this store and must be removed from the config file. */
async function deleteOrExplain(request: DeleteRequest, { store, ...parts }: Parts): Promise<void> {
  try {
    await deleteModel(request, { store });
  } catch (error) {
    const asked = requestedModel(request);
    const origin = configuredOrigin(asked, parts);
    if (!(error instanceof OllamaError) || error.code !== 'not-found' || origin === undefined) throw error;
    const message = `'${asked}' is ${origin} in the config file: remove it there`;
    throw new OllamaError('not-found', message, { cause: error });
  }
}

function configuredOrigin(
  asked: string,
  { models, remoteNames }: Pick<Parts, 'models' | 'remoteNames'>,
): string | undefined {
  const name = ModelName.tryParse(asked);
  const target = name && models.aliasTarget(name);
  if (target !== undefined) return `an alias of '${target}'`;
  const listed = remoteNames.find(asked)?.route.candidates.find(({ isPattern }) => !isPattern);
  return listed && `a model of the upstream '${listed.upstream.name}'`;
}

/** Returns undefined for a broken model: it can be deleted too but is never loaded. */
async function findUsable({ catalog }: Parts, text: string): Promise<Model | undefined> {
  const name = ModelName.tryParse(text);
  return name && (await catalog.find(name).catch(() => undefined));
}
