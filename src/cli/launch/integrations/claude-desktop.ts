import type { AbsentIntegration } from '../integration.ts';

export const claudeDesktop: AbsentIntegration = {
  name: 'claude-desktop',
  title: 'Claude Desktop',
  description: 'Use Ollama models in Claude Desktop',
  aliases: ['claude-app'],
  isHidden: true,
  absence:
    'Claude Desktop is a desktop application that only the desktop version of Ollama can set up: use "ollama launch claude"',
};
