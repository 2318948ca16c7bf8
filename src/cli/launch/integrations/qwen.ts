import { join } from 'node:path';
import { isJsonObject } from '../../../base/json-object.ts';
import { jsonChange } from '../files/file-change.ts';
import type { JsonText } from '../files/json-text.ts';
import type { Integration, LaunchSetup } from '../integration.ts';
import { openAiAddress } from './openai-address.ts';
import { hasFlag } from './refuse-arguments.ts';
import { serverKey } from './server-key.ts';

/** By this variable, entries of earlier launches are recognized, Ollama's too. */
const KEY_VARIABLE = 'OLLAMA_API_KEY';
const providers = ['modelProviders', 'openai'];

/** Qwen Code (https://qwenlm.github.io/qwen-code-docs/en/users/configuration/model-providers): a provider in its settings. */
export const qwen: Integration = {
  name: 'qwen',
  title: 'Qwen Code',
  description: "Qwen's AI coding agent with tool use",
  isOnboarded: true,
  changesFiles: true,
  takesKey: true,
  program: {
    names: ['qwen'],
    places: [
      '.npm-global/bin/qwen',
      '.local/bin/qwen',
      '.cargo/bin/qwen',
      '%APPDATA%/npm/qwen',
      '%LOCALAPPDATA%/Programs/qwen/qwen',
    ],
    install: 'npm install -g @qwen-code/qwen-code',
  },
  plan: (setup) => ({
    args: argumentsFor(setup),
    env: {
      OPENAI_API_KEY: serverKey(setup),
      OPENAI_BASE_URL: openAiAddress(setup),
      OPENAI_MODEL: setup.model.name,
    },
    files: [jsonChange(join(setup.home, '.qwen', 'settings.json'), (json) => edit(json, setup))],
  }),
};

function argumentsFor({ model, args }: LaunchSetup): string[] {
  return [
    ...(hasFlag(args, '--model', '-m') ? [] : ['--model', model.name]),
    ...(hasFlag(args, '--auth-type') ? [] : ['--auth-type', 'openai']),
    ...args,
  ];
}

function edit(json: JsonText, setup: LaunchSetup): void {
  json.set(['env', KEY_VARIABLE], 'ollama');
  putProvider(json, setup);
  json.set(['security', 'auth', 'selectedType'], 'openai');
  json.set(['security', 'auth', 'baseUrl'], openAiAddress(setup));
  json.set(['model', 'name'], setup.model.name);
}

function putProvider(json: JsonText, setup: LaunchSetup): void {
  const { name, contextLength } = setup.model;
  const entry = {
    id: name,
    name: `${name} (Ollama)`,
    baseUrl: openAiAddress(setup),
    envKey: KEY_VARIABLE,
    ...(contextLength !== undefined && { generationConfig: { contextWindowSize: contextLength } }),
  };
  const present = json.list(providers);
  const isOurs = (value: unknown) =>
    isJsonObject(value) && value.envKey === KEY_VARIABLE && value.baseUrl === entry.baseUrl;
  if (JSON.stringify(present.filter(isOurs)) === JSON.stringify([entry])) return;
  for (let index = present.length - 1; index >= 0; index--) {
    if (isOurs(present[index])) json.delete([...providers, index]);
  }
  json.insert(providers, 0, entry);
}
