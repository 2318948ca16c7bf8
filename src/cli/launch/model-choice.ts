import type { ShowResponse } from '../../api/show.ts';
import type { TagsModel } from '../../api/tags.ts';
import { OllamaError } from '../../base/errors.ts';
import { humanBytes } from '../../base/human.ts';
import type { CommandContext } from '../command.ts';
import { isNotFound } from '../commands/unload.ts';
import { ProgressView } from '../output/progress.ts';
import { confirm } from './confirm.ts';
import type { Integration } from './integration.ts';
import type { LaunchRequest } from './launch-request.ts';
import { factsFromList, isSameModel } from './model-facts.ts';
import { isInteractive, pick } from './picker/picker.ts';
import type { PickerItem } from './picker/picker-state.ts';

/**
 * Which model to launch with: the requested one, one that the user picks, or, where nobody can pick, the last one.
 * @param saved the models of the last launch
 * @throws OllamaError in Ollama's words if nobody can pick and there is no last one; `canceled`
 */
export async function chooseModel(
  { name, title }: Pick<Integration, 'name' | 'title'>,
  request: LaunchRequest,
  saved: readonly string[],
  context: CommandContext,
): Promise<string> {
  if (request.model !== undefined) return request.model;
  const [last] = saved;
  if (!isInteractive(context)) {
    if (last !== undefined) return last;
    if (request.yes) {
      throw new OllamaError('invalid-request', `headless --yes launch for ${name} requires --model <model>`);
    }
  }
  return pickModel(`Select model for ${title}:`, last ?? '', context);
}

/** Lets the user pick one of the server's models. @throws OllamaError if there is none; `canceled` */
export async function pickModel(question: string, current: string, context: CommandContext): Promise<string> {
  const items = isInteractive(context) ? (await context.client.list()).models.map(itemOf) : [];
  if (isInteractive(context) && items.length === 0) {
    throw new OllamaError('invalid-request', "no models available, run 'ollama pull <model>' first");
  }
  const selected = items.find(({ name }) => isSameModel(name, current));
  return pick(question, items, selected?.name ?? current, context);
}

function itemOf(model: TagsModel): PickerItem {
  const { contextLength, hasTools } = factsFromList(model);
  const parts = [
    humanBytes(model.size),
    ...(contextLength === undefined ? [] : [`context ${contextLength}`]),
    ...(hasTools ? ['tools'] : []),
  ];
  return { name: model.name, description: parts.join(', ') };
}

/**
 * Information about a model, which is pulled if it is missing and the user agrees.
 * @throws OllamaError in Ollama's words if nobody can agree; `canceled` if the user does not
 */
export async function showOrPull(
  model: string,
  yes: boolean,
  context: CommandContext,
  signal: AbortSignal,
): Promise<ShowResponse> {
  const { client, stderr, environment } = context;
  try {
    return await client.show({ model });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  if (!yes && !isInteractive(context)) {
    const message = `model ${JSON.stringify(model)} not found; run 'ollama pull ${model}' first, or use --yes to auto-pull`;
    throw new OllamaError('not-found', message);
  }
  if (!(await confirm(`Download ${model}?`, yes, context))) throw new OllamaError('canceled', 'canceled');
  const progress = new ProgressView(stderr, environment);
  try {
    for await (const event of client.pull({ model }, signal)) progress.update(event);
  } finally {
    progress.stop();
  }
  return client.show({ model });
}
