import { requireModel } from '../../../access/require-model.ts';
import { OllamaError } from '../../../base/errors.ts';
import type { RouterModel } from '../../../compat/routers/server-info.ts';
import { ModelName } from '../../../names/model-name.ts';
import { usableModels } from '../../reply/usable-models.ts';
import type { RequestContext, ServerParts } from '../../server-parts.ts';

export type ServedParts = Pick<ServerParts, 'models' | 'scheduler'>;

/**
 * The model that a request about "the" model means: the one that `?model=` names, or else the only one that is loaded, or else
 * the only one that there is, each of those that the key may use.
 * @returns undefined if that is none, or not one
 * @throws OllamaError `forbidden` for a model that the key may not use, `invalid-request` for an invalid name, `not-found` for a
 * named model that does not exist
 */
export async function servedModel(
  context: RequestContext,
  { models, scheduler }: ServedParts,
): Promise<RouterModel | undefined> {
  const loaded = usableModels(context, scheduler.running()).filter(({ isLeaving }) => !isLeaving);
  // An empty one is what clients send that have no name.
  const asked = context.req.query('model') || undefined;
  const name = asked ?? (await onlyName(context, { models, loaded }));
  if (name === undefined) return undefined;
  requireModel(context.get('key'), name);
  const model = await models.find(ModelName.parse(name));
  if (!model && asked !== undefined) throw new OllamaError('not-found', `model '${asked}' not found`);
  if (!model) return undefined;
  const running = loaded.find((one) => one.name === model.name.short);
  return {
    name: model.alias ?? model.name.short,
    architecture: model.facts.architecture,
    capabilities: model.capabilities,
    contextLength: running?.contextLength ?? model.facts.contextLength,
    slots: running?.slots ?? 0,
  };
}

/**
 * The name of the model that a request for tokens means: engines with one model do not need any.
 * @throws OllamaError `invalid-request` if it has none, and there is not exactly one that could be meant
 */
export async function namedModel(
  context: RequestContext,
  asked: string | undefined,
  { models, scheduler }: ServedParts,
): Promise<string> {
  if (asked !== undefined && asked !== '') return asked;
  const loaded = usableModels(context, scheduler.running()).filter(({ isLeaving }) => !isLeaving);
  const name = await onlyName(context, { models, loaded });
  if (name !== undefined) return name;
  throw new OllamaError(
    'invalid-request',
    '"model" is required: there is not exactly one model that could be meant',
  );
}

async function onlyName(
  context: RequestContext,
  { models, loaded }: Pick<ServedParts, 'models'> & { readonly loaded: readonly { readonly name: string }[] },
): Promise<string | undefined> {
  const names = new Set(loaded.map(({ name }) => name));
  if (names.size === 1) return [...names][0];
  if (names.size > 1) return undefined;
  const [only, ...others] = usableModels(context, await models.list());
  return others.length === 0 ? only?.name : undefined;
}
