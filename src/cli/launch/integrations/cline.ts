import { join } from 'node:path';
import { jsonChange } from '../files/file-change.ts';
import type { JsonText } from '../files/json-text.ts';
import type { Integration, LaunchSetup } from '../integration.ts';
import { openAiAddress } from './openai-address.ts';

const PROVIDER = 'ollama';

/** Cline's command line (https://docs.cline.bot/usage/cli-overview): its providers, and the state of older versions. */
export const cline: Integration = {
  name: 'cline',
  title: 'Cline',
  description: 'Autonomous coding agent with parallel execution',
  changesFiles: true,
  program: { names: ['cline'], install: 'npm install -g cline' },
  plan(setup) {
    const data = join(setup.home, '.cline', 'data');
    return {
      args: setup.args,
      files: [
        jsonChange(join(data, 'settings', 'providers.json'), (json) => chooseProvider(json, setup)),
        jsonChange(join(data, 'globalState.json'), (json) => chooseInState(json, setup)),
      ],
    };
  },
};

function chooseProvider(json: JsonText, setup: LaunchSetup): void {
  const own = ['providers', PROVIDER];
  const before = json.get(own);
  json.set(['version'], 1).set(['lastUsedProvider'], PROVIDER);
  json.set([...own, 'settings', 'provider'], PROVIDER);
  json.set([...own, 'settings', 'model'], setup.model.name);
  json.set([...own, 'settings', 'baseUrl'], openAiAddress(setup));
  json.delete([...own, 'settings', 'apiKey']);
  json.set([...own, 'tokenSource'], 'manual');
  const hasChanged = JSON.stringify(json.get(own)) !== JSON.stringify(before);
  if (hasChanged) json.set([...own, 'updatedAt'], new Date().toISOString());
}

function chooseInState(json: JsonText, { model, host }: LaunchSetup): void {
  json.set(['ollamaBaseUrl'], host);
  for (const mode of ['actMode', 'planMode']) {
    json.set([`${mode}ApiProvider`], PROVIDER);
    json.set([`${mode}OllamaModelId`], model.name);
    json.set([`${mode}OllamaBaseUrl`], host);
  }
  json.set(['welcomeViewCompleted'], true);
}
