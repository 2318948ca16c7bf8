import { apiKeyOf } from '../../../config/environment.ts';
import type { Integration } from '../integration.ts';
import { openAiAddress } from './openai-address.ts';

/** Copilot CLI (https://docs.github.com/copilot/how-tos/copilot-cli): a provider in environment variables. */
export const copilot: Integration = {
  name: 'copilot',
  title: 'Copilot CLI',
  description: "GitHub's AI coding agent for the terminal",
  aliases: ['copilot-cli'],
  changesFiles: false,
  takesKey: true,
  program: { names: ['copilot'], places: ['.local/bin/copilot'], install: 'npm install -g @github/copilot' },
  plan: (setup) => ({
    args: ['--model', setup.model.name, ...setup.args],
    env: {
      COPILOT_PROVIDER_BASE_URL: openAiAddress(setup),
      COPILOT_PROVIDER_API_KEY: apiKeyOf(setup.environment),
      COPILOT_PROVIDER_WIRE_API: 'responses',
      COPILOT_MODEL: setup.model.name,
    },
  }),
};
