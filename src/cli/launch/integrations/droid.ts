import { join } from 'node:path';
import { isJsonObject } from '../../../base/json-object.ts';
import { jsonChange } from '../files/file-change.ts';
import type { JsonText } from '../files/json-text.ts';
import type { Integration, LaunchModel, LaunchSetup } from '../integration.ts';
import { openAiAddress } from './openai-address.ts';

/** By this key, entries of earlier launches are recognized, Ollama's too. */
const API_KEY = 'ollama';
const MAX_OUTPUT_TOKENS = 64_000;
const efforts = ['high', 'medium', 'low', 'none'];

/** Factory's Droid (https://docs.factory.ai/cli/byok): custom models in the user's settings. */
export const droid: Integration = {
  name: 'droid',
  title: 'Droid',
  description: "Factory's coding agent across terminal and IDEs",
  takesManyModels: true,
  changesFiles: true,
  program: { names: ['droid'], install: 'https://docs.factory.ai/cli/getting-started/quickstart' },
  plan: (setup) => ({
    args: setup.args,
    files: [jsonChange(join(setup.home, '.factory', 'settings.json'), (json) => edit(json, setup))],
  }),
};

function edit(json: JsonText, setup: LaunchSetup): void {
  const wanted = setup.models.map((model, index) => entry(model, index, setup));
  const present = json.list(['customModels']);
  const isOurs = (value: unknown) => isJsonObject(value) && value.apiKey === API_KEY;
  if (JSON.stringify(present.filter(isOurs)) !== JSON.stringify(wanted)) {
    for (let index = present.length - 1; index >= 0; index--) {
      if (isOurs(present[index])) json.delete(['customModels', index]);
    }
    for (const value of wanted.toReversed()) json.insert(['customModels'], 0, value);
  }
  json.set(['sessionDefaultSettings', 'model'], wanted[0]?.id);
  const effort = json.get(['sessionDefaultSettings', 'reasoningEffort']);
  if (typeof effort !== 'string' || !efforts.includes(effort)) {
    json.set(['sessionDefaultSettings', 'reasoningEffort'], 'none');
  }
}

function entry({ name, hasVision }: LaunchModel, index: number, setup: LaunchSetup) {
  return {
    model: name,
    displayName: name,
    baseUrl: openAiAddress(setup),
    apiKey: API_KEY,
    provider: 'generic-chat-completion-api',
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    supportsImages: hasVision,
    id: `custom:${name}-${index}`,
    index,
  };
}
