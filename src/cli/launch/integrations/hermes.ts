import { join } from 'node:path';
import { isJsonObject } from '../../../base/json-object.ts';
import { localFolder } from '../../../config/environment.ts';
import { yamlChange } from '../files/file-change.ts';
import type { YamlText } from '../files/yaml-text.ts';
import type { Integration, LaunchSetup, ProgramFacts } from '../integration.ts';
import { openAiAddress } from './openai-address.ts';

const KEY = 'ollama-launch';
/** The key that early versions of Ollama used. */
const LEGACY_KEY = 'ollama';
const TITLE = 'Ollama';
const own = ['providers', KEY];

const program: ProgramFacts = {
  names: ['hermes'],
  places: ['.local/bin/hermes', '%LOCALAPPDATA%/hermes/hermes-agent/venv/Scripts/hermes'],
  install: 'https://hermes-agent.nousresearch.com/docs/getting-started/installation',
};

/** Hermes Agent (https://hermes-agent.nousresearch.com/docs/user-guide/configuration): a provider in its config. */
export const hermes: Integration = {
  name: 'hermes',
  title: 'Hermes Agent',
  description: 'Self-improving AI agent built by Nous Research',
  takesManyModels: true,
  isOnboarded: true,
  changesFiles: true,
  program,
  plan: (setup) => ({ args: setup.args, files: [hermesConfig(setup)] }),
};

/** The same program with a window. */
export const hermesDesktop: Integration = {
  ...hermes,
  name: 'hermes-desktop',
  title: 'Hermes Desktop',
  description: 'Desktop app for Hermes Agent by Nous Research',
  plan: (setup) => ({ args: ['desktop', ...setup.args], files: [hermesConfig(setup)] }),
};

function hermesConfig(setup: LaunchSetup) {
  return yamlChange(join(configFolder(setup), 'config.yaml'), (yaml) => edit(yaml, setup));
}

function configFolder({ environment, home, platform = process.platform }: LaunchSetup): string {
  const chosen = environment.HERMES_HOME?.trim();
  if (chosen) return chosen;
  return platform === 'win32'
    ? join(localFolder({ ...environment, USERPROFILE: home }, platform), 'hermes')
    : join(home, '.hermes');
}

function edit(yaml: YamlText, setup: LaunchSetup): void {
  const { model, models } = setup;
  const address = openAiAddress(setup);
  yaml.set([...own, 'name'], TITLE).set([...own, 'api'], address);
  yaml.set([...own, 'default_model'], model.name);
  yaml.set(
    [...own, 'models'],
    models.map(({ name }) => name),
  );
  yaml.delete(['providers', LEGACY_KEY]);
  dropCustomProvider(yaml);
  yaml.set(['model', 'provider'], KEY).set(['model', 'default'], model.name);
  yaml.set(['model', 'base_url'], address).set(['model', 'api_key'], 'ollama');
  yaml.set(['toolsets'], withWeb(yaml.get(['toolsets'])));
}

/** Early versions of Ollama wrote the provider here, where it would appear a second time. */
function dropCustomProvider(yaml: YamlText): void {
  const present = yaml.get(['custom_providers']);
  if (!Array.isArray(present)) return;
  const others = present.filter(
    (entry) => !isJsonObject(entry) || String(entry.name).trim().toLowerCase() !== TITLE.toLowerCase(),
  );
  if (others.length === 0) yaml.delete(['custom_providers']);
  else yaml.set(['custom_providers'], others);
}

function withWeb(present: unknown): unknown[] {
  const listed = typeof present === 'string' ? present.split(',').map((part) => part.trim()) : present;
  const names = Array.isArray(listed) ? listed.filter((name) => name !== '') : [];
  if (names.length === 0) return ['hermes-cli', 'web'];
  return names.includes('web') ? names : [...names, 'web'];
}
