import type { Integration, LaunchModel } from '../integration.ts';
import { serverKey } from './server-key.ts';

/** With less room, Claude Code would compact from the first prompt on, and never end. */
const LEAST_WINDOW = 32_768;
/** Claude Code's own minimum; it complains about less. */
const LEAST_COMPACT_WINDOW = 100_000;

/** Claude Code (https://code.claude.com/docs/en/settings): everything is passed in environment variables. */
export const claude: Integration = {
  name: 'claude',
  title: 'Claude Code',
  description: "Anthropic's coding tool with subagents",
  changesFiles: false,
  takesKey: true,
  program: {
    names: ['claude'],
    places: ['.local/bin/claude', '.claude/local/claude'],
    install: 'npm install -g @anthropic-ai/claude-code',
  },
  plan: ({ model, host, args, environment }) => ({
    args: ['--model', model.name, ...args],
    env: {
      ANTHROPIC_BASE_URL: host,
      ANTHROPIC_API_KEY: '',
      ANTHROPIC_AUTH_TOKEN: serverKey({ environment }),
      // Both change the beginning of the prompt with every session or turn, which would make the prefix cache useless.
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
      CLAUDE_CODE_TOTAL_TOKENS_REMINDER: 'off',
      DISABLE_ERROR_REPORTING: '1',
      DISABLE_FEEDBACK_COMMAND: '1',
      CLAUDE_CODE_DISABLE_FEEDBACK_SURVEY: '1',
      ANTHROPIC_DEFAULT_OPUS_MODEL: model.name,
      ANTHROPIC_DEFAULT_SONNET_MODEL: model.name,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: model.name,
      CLAUDE_CODE_SUBAGENT_MODEL: model.name,
      // Each of these would send the prompts elsewhere.
      CLAUDE_CODE_USE_BEDROCK: undefined,
      CLAUDE_CODE_USE_VERTEX: undefined,
      CLAUDE_CODE_USE_FOUNDRY: undefined,
      ...windowOf(model),
    },
  }),
};

/** Claude Code assumes a million tokens for a model that it does not know, and would compact too late. */
function windowOf({ contextLength }: LaunchModel): Record<string, string> {
  if (contextLength === undefined || contextLength < LEAST_WINDOW) return {};
  const window = String(contextLength);
  return {
    CLAUDE_CODE_MAX_CONTEXT_TOKENS: window,
    ...(contextLength >= LEAST_COMPACT_WINDOW && { CLAUDE_CODE_AUTO_COMPACT_WINDOW: window }),
  };
}
