import type { Integration } from '../integration.ts';
import { openAiAddress } from './openai-address.ts';
import { serverKey } from './server-key.ts';

/** Poolside's agent (https://github.com/poolsideai/pool). */
export const pool: Integration = {
  name: 'pool',
  title: 'Pool',
  description: "Poolside's software agent for enterprise development",
  changesFiles: false,
  takesKey: true,
  program: { names: ['pool'], install: 'https://github.com/poolsideai/pool' },
  plan: (setup) => ({
    args: ['-m', setup.model.name, ...setup.args],
    env: { POOLSIDE_STANDALONE_BASE_URL: openAiAddress(setup), POOLSIDE_API_KEY: serverKey(setup) },
  }),
};
