import type { Integration } from '../integration.ts';

/** Goose (https://block.github.io/goose/docs/guides/environment-variables): a provider in environment variables. */
export const goose: Integration = {
  name: 'goose',
  title: 'Goose',
  description: 'Open-source agent with extensions',
  changesFiles: false,
  program: {
    names: ['goose'],
    places: ['.local/bin/goose'],
    install: 'https://block.github.io/goose/docs/getting-started/installation',
  },
  plan: ({ model, host, args }) => ({
    args: args.length > 0 ? args : ['session'],
    env: {
      GOOSE_PROVIDER: 'ollama',
      GOOSE_MODEL: model.name,
      OLLAMA_HOST: host,
      // Without it, Goose assumes 128,000 tokens, and summarizes too late.
      ...(model.contextLength !== undefined && { GOOSE_CONTEXT_LIMIT: String(model.contextLength) }),
    },
  }),
};
