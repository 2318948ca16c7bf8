// Unpacks programs that only tests need from Debian packages into the user's cache folder, without root.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './model-cache.mjs';

const run = promisify(execFile);
/** Enough for a few megabytes over a slow connection. */
const TIMEOUT_MS = 180_000;
/** File systems allow 255 bytes; temporary names need some of them. */
const MAX_NAME_LENGTH = 200;

/**
 * @param names packages to unpack, including the libraries that a minimal system lacks
 * @param probe a program of the packages, relative to the folder, and arguments with which it exits at once;
 *   absent = the packages have only libraries
 * @returns the folder with the unpacked packages; undefined, after a visible message, if apt cannot provide them or
 *   the program does not run
 */
export async function ensureDebianPackages(names, [program, ...args] = [], { folder = cacheFolder() } = {}) {
  const root = join(folder, 'debian', folderName(names));
  try {
    if (!(await stat(root).catch(() => undefined))) await fetchPackages(names, root);
    if (program === undefined) return root;
    const env = { ...process.env, LD_LIBRARY_PATH: await libraryPath(root) };
    await run(join(root, program), args, { env, timeout: TIMEOUT_MS });
    return root;
  } catch (error) {
    console.error(`\n!!! SKIPPED: ${names[0]} is not available here: ${error.stderr || error.message}\n`);
    return undefined;
  }
}

/** A long list of packages is too long for a name. */
function folderName(names) {
  const name = names.join('+');
  if (name.length <= MAX_NAME_LENGTH) return name;
  return `${names[0]}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/** @returns library folders below an unpacked folder, for LD_LIBRARY_PATH; "" if there are none */
export async function libraryPath(root) {
  const names = await readdir(join(root, 'usr/lib')).catch(() => []);
  const architecture = names.find((name) => name.includes('-linux-'));
  if (architecture === undefined) return '';
  const folder = join(root, 'usr/lib', architecture);
  // The systemd folder holds libraries that only systemd's programs use.
  return [folder, join(folder, 'systemd')].join(':');
}

async function fetchPackages(names, root) {
  await mkdir(dirname(root), { recursive: true });
  const work = await mkdtemp(join(dirname(root), '.download-'));
  try {
    console.error(`Downloading Debian packages: ${names.join(', ')}`);
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

/** Downloads packages. If the package lists are missing, it updates them first, which requires root. */
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
