import type { AbsentIntegration } from '../integration.ts';

export const chatgpt: AbsentIntegration = {
  name: 'chatgpt',
  title: 'ChatGPT',
  description: 'Complete work with ChatGPT',
  aliases: ['codex-app', 'codex-desktop', 'codex-gui'],
  isHidden: true,
  absence:
    'ChatGPT is a desktop application that only the desktop version of Ollama can set up: use "ollama launch codex"',
};
