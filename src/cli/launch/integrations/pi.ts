import { join } from 'node:path';
import { isJsonObject } from '../../../base/json-object.ts';
import { jsonChange } from '../files/file-change.ts';
import type { JsonText } from '../files/json-text.ts';
import type { Integration, LaunchModel, LaunchSetup } from '../integration.ts';
import { modelEntry } from './model-entry.ts';
import { openAiAddress } from './openai-address.ts';

const own = ['providers', 'ollama'];

/** Pi (https://pi.dev/docs/latest/models): a provider in models.json, chosen in settings.json. */
export const pi: Integration = {
  name: 'pi',
  title: 'Pi',
  description: 'Minimal AI agent toolkit with plugin support',
  takesManyModels: true,
  changesFiles: true,
  program: { names: ['pi'], install: 'npm install -g @earendil-works/pi-coding-agent' },
  plan(setup) {
    const folder = setup.environment.PI_CODING_AGENT_DIR?.trim() || join(setup.home, '.pi', 'agent');
    return {
      args: setup.args,
      files: [
        jsonChange(join(folder, 'models.json'), (json) => offer(json, setup)),
        jsonChange(join(folder, 'settings.json'), (json) => {
          json.set(['defaultProvider'], 'ollama').set(['defaultModel'], setup.model.name);
        }),
      ],
    };
  },
};

function offer(json: JsonText, setup: LaunchSetup): void {
  json.set([...own, 'baseUrl'], openAiAddress(setup));
  json.set([...own, 'api'], 'openai-completions');
  json.set([...own, 'apiKey'], 'ollama');
  const present = json.list([...own, 'models']);
  const isOurs = (entry: unknown) => isJsonObject(entry) && entry._launch === true;
  const wanted = new Map(setup.models.map((model) => [model.name, entryOf(model)]));
  // Entries without the mark are the user's, and stay even if they have the same name.
  for (let index = present.length - 1; index >= 0; index--) {
    const entry = present[index];
    const id = isJsonObject(entry) ? String(entry.id) : '';
    if (!isOurs(entry)) wanted.delete(id);
    else if (wanted.has(id)) {
      json.set([...own, 'models', index], wanted.get(id));
      wanted.delete(id);
    } else json.delete([...own, 'models', index]);
  }
  for (const entry of wanted.values()) {
    json.insert([...own, 'models'], json.list([...own, 'models']).length, entry);
  }
}

function entryOf(model: LaunchModel): Record<string, unknown> {
  const { id, input, contextWindow } = modelEntry(model);
  return {
    id,
    _launch: true,
    input,
    ...(model.hasThinking && { reasoning: true }),
    ...(contextWindow !== undefined && { contextWindow }),
  };
}
