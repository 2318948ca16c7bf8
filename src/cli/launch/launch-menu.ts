import { userFolder } from '../../config/environment.ts';
import type { CommandContext } from '../command.ts';
import { visibleIntegrations } from './integration-table.ts';
import { LaunchState } from './launch-state.ts';
import { pickModel } from './model-choice.ts';
import { pick } from './picker/picker.ts';

/** The first item of the menu, as the state file calls it. */
const RUN = 'run';

export type MenuChoice =
  | { readonly type: 'run'; readonly model: string }
  | { readonly type: 'launch'; readonly name: string };

/** Shows the menu: a model to run, or an integration. @throws OllamaError if there is no terminal; `canceled` */
export async function showLaunchMenu(context: CommandContext): Promise<MenuChoice> {
  const folder = userFolder(context.environment);
  const state = await LaunchState.read(folder);
  const items = [
    { name: RUN, title: 'Run a model', description: state.lastModel || 'Chat in this terminal' },
    ...visibleIntegrations.map(({ name, title, description }) => {
      const [model] = state.modelsOf(name);
      return { name, title, description: model === undefined ? description : `${description} (${model})` };
    }),
  ];
  const name = await pick('What do you want to do?', items, state.lastSelection || RUN, context);
  state.lastSelection = name;
  if (name !== RUN) {
    await state.save();
    return { type: 'launch', name };
  }
  const model = await pickModel('Select model to run:', state.lastModel, context);
  state.lastModel = model;
  await state.save();
  return { type: 'run', model };
}
