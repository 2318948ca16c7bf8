import { requireModel } from '../../../access/require-model.ts';
import { OllamaError } from '../../../base/errors.ts';
import { anthropicModel, anthropicModels } from '../../../compat/anthropic/models.ts';
import { modelObject } from '../../../compat/openai/models.ts';
import { ModelName } from '../../../names/model-name.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { usableModels } from '../../reply/usable-models.ts';
import type { RequestContext, Route, ServerParts } from '../../server-parts.ts';

type Parts = Pick<ServerParts, 'models'>;

const ownerOf = (name: string) => ModelName.parse(name).namespace;

/** Both dialects use this path; only Anthropic's clients send a version header. */
const isForAnthropic = (context: RequestContext) => context.req.header('anthropic-version') !== undefined;

export function modelsRoute({ models: configured }: Parts): Route {
  return {
    path: '/v1/models',
    handlers: {
      GET: async (context) => {
        const models = usableModels(context, await configured.list());
        if (isForAnthropic(context)) return jsonReply(anthropicModels(models));
        return jsonReply({
          object: 'list',
          data: models.map((model) => modelObject(model, ownerOf(model.name))),
        });
      },
    },
  };
}

/** Model names may contain slashes, so the parameter matches several path elements. */
export function modelRoute({ models }: Parts): Route {
  return {
    path: '/v1/models/:model{.+}',
    handlers: {
      GET: async (context) => {
        const asked = context.req.param('model') ?? '';
        requireModel(context.get('key'), asked);
        const name = ModelName.parse(asked).short;
        const all = await models.list();
        // As everywhere, the case of a name's letters matters only where two names differ in nothing else.
        const wanted = name.toLowerCase();
        const model =
          all.find((listed) => listed.name === name) ??
          all.find((listed) => listed.name.toLowerCase() === wanted);
        if (!model) throw new OllamaError('not-found', `model '${asked}' not found`);
        return jsonReply(
          isForAnthropic(context) ? anthropicModel(model) : modelObject(model, ownerOf(model.name)),
        );
      },
    },
  };
}
