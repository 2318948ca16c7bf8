/** Real coding agents from npm, in exact versions, each installed once into the cache of test models. */
import { dirname } from 'node:path';
import { ensureNpmProgram, type NpmProgram } from './npm-program.ts';

/** What several tests start. Two of them put their program into place with a script of their package. */
export const agents = {
  claude: {
    package: '@anthropic-ai/claude-code',
    version: '2.1.332',
    command: 'claude',
    runsScripts: true,
  },
  codex: { package: '@openai/codex', version: '0.171.0', command: 'codex' },
  opencode: { package: 'opencode-ai', version: '1.18.33', command: 'opencode', runsScripts: true },
} as const satisfies Record<string, NpmProgram>;

/** Enough to download several hundred megabytes. */
export const AGENT_INSTALL_MS = 600_000;

/** @returns the folders for the PATH, or npm's error if no registry can be reached */
export async function installAgents(): Promise<string[] | Error> {
  const folders: string[] = [];
  for (const agent of Object.values(agents)) {
    const found = await ensureNpmProgram(agent);
    if (found instanceof Error) return found;
    folders.push(dirname(found));
  }
  return folders;
}
