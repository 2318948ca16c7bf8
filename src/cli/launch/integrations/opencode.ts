import { join } from 'node:path';
import { isJsonObject } from '../../../base/json-object.ts';
import { apiKeyOf } from '../../../config/environment.ts';
import { jsonChange } from '../files/file-change.ts';
import type { JsonText } from '../files/json-text.ts';
import type { Integration, LaunchModel, LaunchSetup } from '../integration.ts';
import { openAiAddress } from './openai-address.ts';

const PROVIDER = 'ollama';
/** As many as OpenCode's picker remembers. */
const MAX_RECENT = 10;
/** Room for an answer: a quarter of the context, and no more than OpenCode itself asks for. */
const ANSWER_PART = 4;
const MAX_ANSWER = 32_000;

/** OpenCode (https://opencode.ai/docs/config): a config in an environment variable, above the user's files. */
export const opencode: Integration = {
  name: 'opencode',
  title: 'OpenCode',
  description: "Anomaly's open-source coding agent",
  takesManyModels: true,
  changesFiles: true,
  takesKey: true,
  program: { names: ['opencode'], places: ['.opencode/bin/opencode'], install: 'npm install -g opencode-ai' },
  plan(setup) {
    const { args, home, environment, models } = setup;
    const state = environment.XDG_STATE_HOME?.trim() || join(home, '.local', 'state');
    return {
      args,
      env: { OPENCODE_CONFIG_CONTENT: JSON.stringify(config(setup)) },
      files: [jsonChange(join(state, 'opencode', 'model.json'), (json) => putFirst(json, models))],
    };
  },
};

function config(setup: LaunchSetup): object {
  const apiKey = apiKeyOf(setup.environment);
  const name = `${PROVIDER}/${setup.model.name}`;
  return {
    $schema: 'https://opencode.ai/config.json',
    provider: {
      [PROVIDER]: {
        npm: '@ai-sdk/openai-compatible',
        name: 'Ollama',
        options: { baseURL: openAiAddress(setup), ...(apiKey !== '' && { apiKey }) },
        models: Object.fromEntries(setup.models.map((model) => [model.name, modelEntry(model)])),
      },
    },
    model: name,
    // Titles and summaries would otherwise come from another provider.
    small_model: name,
  };
}

function modelEntry(model: LaunchModel): object {
  const { name, contextLength, hasVision } = model;
  return {
    name,
    ...(hasVision && { modalities: { input: ['text', 'image'], output: ['text'] } }),
    ...thinking(model),
    ...(contextLength !== undefined && {
      limit: {
        context: contextLength,
        output: Math.min(MAX_ANSWER, Math.floor(contextLength / ANSWER_PART)),
      },
    }),
  };
}

/** Only gpt-oss has levels; other models can only be told not to think. */
function thinking({ hasThinking, family, name }: LaunchModel): object {
  if (!hasThinking) return {};
  const isLevelled = [family, name].some((text) =>
    text.toLowerCase().replace(/[-_]/g, '').includes('gptoss'),
  );
  if (!isLevelled) {
    const off = { disabled: true };
    return {
      reasoning: true,
      variants: { none: { reasoningEffort: 'none' }, low: off, medium: off, high: off },
    };
  }
  const levels = ['low', 'medium', 'high', 'max'].map((level) => [level, { reasoningEffort: level }]);
  return {
    reasoning: true,
    options: { reasoningEffort: 'medium' },
    variants: Object.fromEntries(levels),
  };
}

/** Puts the models first among those that OpenCode offers as recent. */
function putFirst(json: JsonText, models: readonly LaunchModel[]): void {
  const ours = models.map(({ name }) => ({ providerID: PROVIDER, modelID: name }));
  const others = json
    .list(['recent'])
    .filter((entry) => !ours.some(({ modelID }) => isEntryOf(entry, modelID)));
  json.set(['recent'], [...ours, ...others].slice(0, MAX_RECENT));
  for (const [key, empty] of Object.entries({ favorite: [], variant: {} })) {
    if (json.get([key]) === undefined) json.set([key], empty);
  }
}

function isEntryOf(entry: unknown, model: string): boolean {
  return isJsonObject(entry) && entry.providerID === PROVIDER && entry.modelID === model;
}
