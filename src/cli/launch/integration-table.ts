import { OllamaError } from '../../base/errors.ts';
import { nearNames } from '../../config/nearest-name.ts';
import { type Integration, isAbsent, type KnownIntegration } from './integration.ts';
import { chatgpt } from './integrations/chatgpt.ts';
import { claude } from './integrations/claude.ts';
import { claudeDesktop } from './integrations/claude-desktop.ts';
import { cline } from './integrations/cline.ts';
import { codex } from './integrations/codex.ts';
import { copilot } from './integrations/copilot.ts';
import { droid } from './integrations/droid.ts';
import { dsh } from './integrations/dsh.ts';
import { goose } from './integrations/goose.ts';
import { hermes, hermesDesktop } from './integrations/hermes.ts';
import { kimi } from './integrations/kimi.ts';
import { muse } from './integrations/muse.ts';
import { omp } from './integrations/omp.ts';
import { openclaw } from './integrations/openclaw.ts';
import { opencode } from './integrations/opencode.ts';
import { pi } from './integrations/pi.ts';
import { pool } from './integrations/pool.ts';
import { qwen } from './integrations/qwen.ts';
import { vscode } from './integrations/vscode.ts';

/** All integrations, in the order of Ollama's menu, then the hidden ones. */
export const integrations: readonly KnownIntegration[] = [
  claude,
  hermes,
  openclaw,
  opencode,
  hermesDesktop,
  codex,
  copilot,
  omp,
  cline,
  droid,
  dsh,
  goose,
  pi,
  pool,
  qwen,
  chatgpt,
  claudeDesktop,
  kimi,
  muse,
  vscode,
];

/** Those that a menu offers. */
export const visibleIntegrations: readonly Integration[] = integrations.filter(
  (integration): integration is Integration => !isAbsent(integration) && integration.isHidden !== true,
);

/** @throws OllamaError in Ollama's words, with similar names */
export function findIntegration(asked: string): KnownIntegration {
  const wanted = asked.toLowerCase();
  const found = integrations.find(({ name, aliases = [] }) => name === wanted || aliases.includes(wanted));
  if (found) return found;
  const near = nearNames(
    wanted,
    integrations.map(({ name }) => name),
  );
  const hint = near.length > 0 ? `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join('')}` : '';
  throw new OllamaError('invalid-request', `unknown integration: ${asked}${hint}`);
}
