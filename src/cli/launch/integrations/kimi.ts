import type { Integration } from '../integration.ts';
import { openAiAddress } from './openai-address.ts';
import { refuseArguments } from './refuse-arguments.ts';

const KEY = 'ollama';
/** Ollama's assumption about models whose length is unknown. */
const FALLBACK_CONTEXT = 32_768;

/** Kimi Code CLI (https://moonshotai.github.io/kimi-cli/en/configuration/overrides.html): one argument with the whole config. */
export const kimi: Integration = {
  name: 'kimi',
  title: 'Kimi Code CLI',
  description: "Moonshot's coding agent for terminal and IDEs",
  isHidden: true,
  changesFiles: false,
  program: {
    names: ['kimi'],
    places: ['.local/bin/kimi', 'bin/kimi', '%APPDATA%/uv/bin/kimi', '%LOCALAPPDATA%/uv/bin/kimi'],
    install: 'https://moonshotai.github.io/kimi-cli/en/guides/getting-started.html',
  },
  plan(setup) {
    const { model, args } = setup;
    refuseArguments('kimi', args, {
      '--config': '--config',
      '--config-file': '--config-file',
      '--model': '--model',
      '-m': '-m/--model',
    });
    const config = {
      default_model: KEY,
      providers: { [KEY]: { type: 'openai_legacy', base_url: openAiAddress(setup), api_key: 'ollama' } },
      models: {
        [KEY]: {
          provider: KEY,
          model: model.name,
          max_context_size: model.contextLength ?? FALLBACK_CONTEXT,
        },
      },
    };
    return { args: ['--config', JSON.stringify(config), ...args] };
  },
};
