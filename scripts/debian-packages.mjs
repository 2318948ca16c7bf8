// Programs that only tests need, out of Debian's packages: unpacked into the user's cache folder, without root.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './model-cache.mjs';

const run = promisify(execFile);
/** Enough for some megabytes over a slow line. */
const TIMEOUT_MS = 180_000;

/**
 * @param names of packages, each with the libraries it needs beyond a plain system
 * @returns the folder they were unpacked into; undefined, with a loud message, where apt cannot give them
 */
export async function ensureDebianPackages(names, { folder = cacheFolder() } = {}) {
  const root = join(folder, 'debian', names.join('+'));
  if (await stat(root).catch(() => undefined)) return root;
  await mkdir(join(folder, 'debian'), { recursive: true });
  const work = await mkdtemp(join(folder, 'debian', '.download-'));
  try {
    console.error(`Fetching Debian's ${names.join(', ')}`);
    await download(names, work);
    const unpacked = join(work, 'root');
    for (const file of await readdir(work)) {
      if (file.endsWith('.deb')) await run('dpkg', ['-x', join(work, file), unpacked]);
    }
    await rename(unpacked, root);
    return root;
  } catch (error) {
    console.error(`\n!!! SKIPPED: ${names[0]} cannot be had here: ${error.stderr || error.message}\n`);
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A machine whose list of packages was never fetched needs that first, which takes root. */
async function download(names, cwd) {
  const options = { cwd, timeout: TIMEOUT_MS };
  try {
    await run('apt-get', ['download', ...names], options);
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    await run('apt-get', ['update'], options);
    await run('apt-get', ['download', ...names], options);
  }
}
