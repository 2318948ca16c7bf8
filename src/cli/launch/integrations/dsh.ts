import { join } from 'node:path';
import { stringify } from 'yaml';
import { wholeFile, yamlChange } from '../files/file-change.ts';
import type { Integration } from '../integration.ts';
import { modelEntry } from './model-entry.ts';
import { openAiAddress } from './openai-address.ts';
import { refuseArguments } from './refuse-arguments.ts';
import { serverKey } from './server-key.ts';

const KEY_VARIABLE = 'OLLAMA_LAUNCH_DSH_API_KEY';
const own = ['llm-pi-ai', 'providers', 'ollama'];

/** DeepSeek Harness (https://github.com/deepseek-ai/deepseek-harness): settings of its own, named by a patch. */
export const dsh: Integration = {
  name: 'dsh',
  title: 'DeepSeek Harness',
  description: "DeepSeek's open-source agent harness",
  aliases: ['deepseek-harness'],
  takesManyModels: true,
  isOnboarded: true,
  changesFiles: true,
  takesKey: true,
  program: { names: ['dsh'], install: 'npm install -g @deepseek-ai/dsh' },
  plan(setup) {
    const { home, args, model, models } = setup;
    refuseArguments('dsh', args, { '--patch': '--patch' });
    const folder = join(home, '.ollama', 'launch', 'dsh');
    const settings = join(folder, 'settings.yaml');
    const patch = join(folder, 'ollama.cordis.yml');
    return {
      args: ['web', '--patch', patch, ...args],
      env: { [KEY_VARIABLE]: serverKey(setup) },
      files: [
        yamlChange(settings, (yaml) => {
          yaml.set(['agent-default-model', 'provider'], 'ollama');
          yaml.set(['agent-default-model', 'model'], model.name);
          yaml.set([...own, 'displayName'], 'Ollama');
          yaml.set([...own, 'apiKeyEnv'], KEY_VARIABLE);
          yaml.set([...own, 'api'], 'openai-completions');
          yaml.set([...own, 'baseURL'], openAiAddress(setup));
          yaml.set([...own, 'models'], models.map(modelEntry));
        }),
        wholeFile(patch, stringify([{ id: 'settings', config: { path: settings } }], { lineWidth: 0 })),
      ],
    };
  },
};
