/** Real coding agents from npm, in exact versions, in a folder that is filled once. */
import { execFile } from 'node:child_process';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The programs by the names under which they are launched. */
const packages = {
  claude: '@anthropic-ai/claude-code@2.1.332',
  codex: '@openai/codex@0.171.0',
  opencode: 'opencode-ai@1.18.33',
};
const cache = fileURLToPath(new URL('../../../node_modules/.cache/agents', import.meta.url));
/** Enough to download several hundred megabytes. */
export const AGENT_INSTALL_MS = 600_000;
const offline = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|E404/;

export interface InstalledAgents {
  /** The folder for the PATH. */
  readonly binaries: string;
}

/** @returns the reason if the registry cannot be reached */
export async function installAgents(): Promise<InstalledAgents | string> {
  const folder = join(cache, Object.values(packages).join('+').replaceAll('/', '-'));
  const binaries = join(folder, 'node_modules', '.bin');
  const ready = join(folder, 'ready');
  const isReady = await access(ready).then(
    () => true,
    () => false,
  );
  if (isReady) return { binaries };
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const flags = ['--prefer-offline', '--no-audit', '--no-fund'];
  try {
    await promisify(execFile)('npm', ['install', ...flags, ...Object.values(packages)], { cwd: folder });
  } catch (error) {
    if (error instanceof Error && offline.test(error.message)) return error.message;
    throw error;
  }
  await writeFile(ready, '');
  return { binaries };
}
