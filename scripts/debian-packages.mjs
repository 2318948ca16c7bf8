// Programs that only tests need, out of Debian's packages: unpacked into the user's cache folder, without root.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './model-cache.mjs';

const run = promisify(execFile);
/** Enough for some megabytes over a slow line. */
const TIMEOUT_MS = 180_000;

/**
 * @param names of packages, each with the libraries it needs beyond a plain system
 * @param probe a program in them, below the folder, and arguments with which it ends at once
 * @returns the folder they were unpacked into; undefined, with a loud message, where apt cannot give them or they
 *   do not run
 */
export async function ensureDebianPackages(names, [program, ...args], { folder = cacheFolder() } = {}) {
  const root = join(folder, 'debian', names.join('+'));
  try {
    if (!(await stat(root).catch(() => undefined))) await fetchPackages(names, root);
    const env = { ...process.env, LD_LIBRARY_PATH: await libraryPath(root) };
    await run(join(root, program), args, { env, timeout: TIMEOUT_MS });
    return root;
  } catch (error) {
    console.error(`\n!!! SKIPPED: ${names[0]} cannot be had here: ${error.stderr || error.message}\n`);
    return undefined;
  }
}

/** Where libraries are below an unpacked folder, for LD_LIBRARY_PATH; "" when there are none. */
export async function libraryPath(root) {
  const names = await readdir(join(root, 'usr/lib')).catch(() => []);
  const architecture = names.find((name) => name.includes('-linux-'));
  if (architecture === undefined) return '';
  const folder = join(root, 'usr/lib', architecture);
  // systemd's programs have libraries of their own there.
  return [folder, join(folder, 'systemd')].join(':');
}

async function fetchPackages(names, root) {
  await mkdir(dirname(root), { recursive: true });
  const work = await mkdtemp(join(dirname(root), '.download-'));
  try {
    console.error(`Fetching Debian's ${names.join(', ')}`);
    await download(names, work);
    const unpacked = join(work, 'root');
    for (const file of await readdir(work)) {
      if (file.endsWith('.deb')) await run('dpkg', ['-x', join(work, file), unpacked]);
    }
    await rename(unpacked, root);
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
