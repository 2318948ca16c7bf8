import { join } from 'node:path';
import { OllamaError } from '../../../base/errors.ts';
import { apiKeyOf } from '../../../config/environment.ts';
import { tomlChange, wholeFile } from '../files/file-change.ts';
import type { Integration, LaunchModel, LaunchSetup } from '../integration.ts';
import { openAiAddress } from './openai-address.ts';
import { refuseArguments } from './refuse-arguments.ts';
import { serverKey } from './server-key.ts';

const PROFILE = 'ollama-launch';
/** Ollama's assumption about models whose length is unknown. */
const FALLBACK_CONTEXT = 128_000;
/** Bytes of a tool's output that Codex sends at most. */
const TRUNCATE_OUTPUT_AT = 10_000;
const managedKeys = ['profile', 'model', 'model_provider', 'model_catalog_json'];

/** Codex (https://developers.openai.com/codex/config-reference): a profile and a catalog beside the user's config.toml. */
export const codex: Integration = {
  name: 'codex',
  title: 'Codex',
  description: "OpenAI's open-source coding agent",
  changesFiles: true,
  takesKey: true,
  program: {
    names: ['codex'],
    install: 'npm install -g @openai/codex',
    // Older versions do not read a profile from a file of its own.
    oldest: { version: '0.134.0', update: 'npm update -g @openai/codex' },
  },
  plan(setup) {
    const { model, args } = setup;
    refuseArguments('codex', args, {
      '-p': '--profile',
      '--profile': '--profile',
      '-m': '--model',
      '--model': '--model',
    });
    refuseSettings(args);
    const folder = setup.environment.CODEX_HOME?.trim() || join(setup.home, '.codex');
    const catalog = join(folder, 'model.json');
    const provider = Object.entries(providerSettings(setup));
    const overrides: [string, string][] = [
      ['model_provider', PROFILE],
      ...provider.map(([key, value]): [string, string] => [`model_providers.${PROFILE}.${key}`, value]),
      ['model_catalog_json', catalog],
    ];
    return {
      args: [
        ...['--profile', PROFILE],
        ...overrides.flatMap(([key, value]) => ['-c', `${key}=${tomlText(value)}`]),
        ...['-m', model.name],
        ...args,
      ],
      env: { OPENAI_API_KEY: serverKey(setup) },
      files: [
        // Early versions of Ollama wrote the profile here, and Codex refuses to start with both.
        tomlChange(join(folder, 'config.toml'), (toml) => {
          toml.removeRootText('profile', PROFILE).removeTable('profiles', PROFILE);
        }),
        wholeFile(catalog, `${JSON.stringify({ models: [catalogEntry(model)] }, null, 2)}\n`),
        wholeFile(join(folder, `${PROFILE}.config.toml`), profileText(setup, catalog)),
      ],
    };
  },
};

function providerSettings(setup: LaunchSetup): Record<string, string> {
  return {
    name: 'Ollama',
    base_url: `${openAiAddress(setup)}/`,
    wire_api: 'responses',
    // Without it, Codex sends no key to a provider that is not its own.
    ...(apiKeyOf(setup.environment) !== '' && { env_key: 'OPENAI_API_KEY' }),
  };
}

function profileText(setup: LaunchSetup, catalog: string): string {
  const lines = (values: Record<string, string>) =>
    Object.entries(values).map(([key, value]) => `${key} = ${tomlText(value)}\n`);
  return [
    ...lines({ model: setup.model.name, model_provider: PROFILE, model_catalog_json: catalog }),
    `\n[model_providers.${PROFILE}]\n`,
    ...lines(providerSettings(setup)),
  ].join('');
}

/** A basic string of TOML has the escapes of JSON, and DEL must be escaped too. */
function tomlText(value: string): string {
  return JSON.stringify(value).replaceAll('\u007f', '\\u007f');
}

function catalogEntry({ name, contextLength, hasVision }: LaunchModel): object {
  return {
    slug: name,
    display_name: name,
    context_window: contextLength ?? FALLBACK_CONTEXT,
    shell_type: 'default',
    visibility: 'list',
    supported_in_api: true,
    priority: 0,
    truncation_policy: { mode: 'bytes', limit: TRUNCATE_OUTPUT_AT },
    input_modalities: hasVision ? ['text', 'image'] : ['text'],
    base_instructions: '',
    support_verbosity: true,
    default_verbosity: 'low',
    supports_parallel_tool_calls: false,
    supports_reasoning_summaries: false,
    supported_reasoning_levels: [],
    experimental_supported_tools: [],
  };
}

/** @throws OllamaError for `-c KEY=VALUE` with a key that the launch sets */
function refuseSettings(args: readonly string[]): void {
  for (const [index, argument] of args.entries()) {
    const isAlone = argument === '-c' || argument === '--config';
    const setting = isAlone ? args[index + 1] : /^(?:-c|--config=)(.+)$/.exec(argument)?.[1];
    const key = /^\s*["']?([^="']+?)["']?\s*=/.exec(setting ?? '')?.[1];
    if (key === undefined) continue;
    if (!managedKeys.includes(key) && !key.startsWith('model_providers.')) continue;
    const shown = JSON.stringify(isAlone ? setting : argument);
    const message = `conflicting extra config ${shown}: ollama launch codex manages provider and model catalog config`;
    throw new OllamaError('invalid-request', message);
  }
}
