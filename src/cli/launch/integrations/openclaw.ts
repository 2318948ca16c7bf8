import { join } from 'node:path';
import { isJsonObject } from '../../../base/json-object.ts';
import { readRegularFile } from '../../../base/regular-file.ts';
import { MIB } from '../../../base/units.ts';
import { jsonChange } from '../files/file-change.ts';
import { JsonText } from '../files/json-text.ts';
import type { Companion, EnvironmentChange, Integration, LaunchModel, LaunchSetup } from '../integration.ts';
import { mergedEntries, modelEntry } from './model-entry.ts';

const own = ['models', 'providers', 'ollama'];
const DEFAULT_PORT = 18_789;
const HIGHEST_PORT = 65_535;
const MAX_CONFIG_BYTES = 4 * MIB;

/** Keys of other providers, which OpenClaw would otherwise use. */
const otherKeys: EnvironmentChange = Object.fromEntries(
  ['ANTHROPIC', 'OPENAI', 'GEMINI', 'MISTRAL', 'GROQ', 'XAI', 'OPENROUTER']
    .map((provider) => `${provider}_API_KEY`)
    .concat('ANTHROPIC_OAUTH_TOKEN')
    .map((name) => [name, undefined]),
);

/** OpenClaw (https://docs.openclaw.ai/providers/ollama): its own setup once, then its gateway and its terminal. */
export const openclaw: Integration = {
  name: 'openclaw',
  title: 'OpenClaw',
  description: 'Personal AI with 100+ skills',
  aliases: ['clawdbot', 'moltbot'],
  takesManyModels: true,
  changesFiles: true,
  program: { names: ['openclaw', 'clawdbot'], install: 'npm install -g openclaw' },
  async consent(setup) {
    if (isSetUp(await readConfig(setup))) return undefined;
    return 'OpenClaw can read files and run actions, and a bad prompt can trick it into unsafe ones (https://docs.openclaw.ai/gateway/security). Continue?';
  },
  async plan(setup) {
    const config = await readConfig(setup);
    const { args } = setup;
    const isTerminal = args.length === 0 || args[0] === 'tui';
    return {
      args: args.length > 0 ? args : ['tui'],
      env: otherKeys,
      files: [jsonChange(configPath(setup), (json) => edit(json, setup))],
      before: isSetUp(config) ? [] : [{ args: onboarding(setup), env: otherKeys }],
      ...(isTerminal && { companion: gateway(config) }),
    };
  },
};

function configPath({ home }: LaunchSetup): string {
  return join(home, '.openclaw', 'openclaw.json');
}

/** The present config; empty if there is none, or if it cannot be read, which the change of the file then reports. */
async function readConfig(setup: LaunchSetup): Promise<JsonText> {
  try {
    return new JsonText((await readRegularFile(configPath(setup), MAX_CONFIG_BYTES)).toString());
  } catch {
    return new JsonText('');
  }
}

/** OpenClaw notes here when its setup has been completed. */
function isSetUp(config: JsonText): boolean {
  return typeof config.get(['wizard', 'lastRunAt']) === 'string';
}

function onboarding({ host, model }: LaunchSetup): string[] {
  return [
    ...['onboard', '--non-interactive', '--accept-risk', '--auth-choice', 'ollama'],
    ...['--custom-base-url', host, '--custom-model-id', model.name],
    ...['--skip-health', '--skip-channels', '--skip-skills'],
  ];
}

function gateway(config: JsonText): Companion {
  const port = config.get(['gateway', 'port']);
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= HIGHEST_PORT;
  return {
    port: isPort ? port : DEFAULT_PORT,
    args: ['gateway', 'run', '--force'],
    env: otherKeys,
    refresh: { args: ['daemon', 'restart'], env: otherKeys },
  };
}

function edit(json: JsonText, { host, model, models }: LaunchSetup): void {
  // Its own API, because OpenClaw's calls of tools do not work with OpenAI's dialect.
  json
    .set([...own, 'baseUrl'], host)
    .set([...own, 'apiKey'], 'ollama-local')
    .set([...own, 'api'], 'ollama');
  json.set([...own, 'models'], mergedEntries(models, json.get([...own, 'models']), entryOf));
  const chosen = json.get(['agents', 'defaults', 'model']);
  const primary = `ollama/${model.name}`;
  if (isJsonObject(chosen)) json.set(['agents', 'defaults', 'model', 'primary'], primary);
  else json.set(['agents', 'defaults', 'model'], { primary });
}

function entryOf(model: LaunchModel): Record<string, unknown> {
  return {
    ...modelEntry(model),
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    ...(model.hasThinking && { reasoning: true }),
  };
}
