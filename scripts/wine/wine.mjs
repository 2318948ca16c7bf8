// Wine: its folder with a Windows system ("prefix"), made once, and the paths of Linux as Windows' programs see them.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../model-cache.mjs';

const run = promisify(execFile);
/** A new prefix takes seconds, and a minute on a busy machine. */
const PREFIX_TIMEOUT_MS = 300_000;
/** Raise it with every change to how a prefix is made. */
const RECIPE = 1;
const compiler = 'x86_64-w64-mingw32-gcc-posix';

/** Debian's command `wine` is a script that complains when only 64-bit programs can run. */
const loaders = ['/usr/lib/wine/wine64', '/usr/bin/wine64', '/usr/bin/wine'];

/** @returns the path of the program that runs Windows' programs; undefined if Wine is not installed */
export function findWine() {
  return loaders.find((path) => existsSync(path));
}

/** Z: is the root folder of Linux. */
export function windowsPath(path) {
  return `Z:${path.replaceAll('/', '\\')}`;
}

/** Variables with which Wine runs in a prefix. */
export function wineEnvironment(prefix) {
  // Without these two, Wine offers to download programs of its own when a prefix is made.
  const overrides = 'mscoree=;mshtml=;winemenubuilder.exe=d';
  // Wine reads names of files in the encoding of the locale.
  return { WINEPREFIX: prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: overrides, LC_ALL: 'C.UTF-8' };
}

/**
 * Ensures that a prefix exists: that of the variable WINEPREFIX, else one in the cache of test models.
 * @returns its folder
 * @throws Error if Wine or the compiler of the missing DLL is not installed
 */
export async function ensurePrefix(env = process.env) {
  const wine = findWine();
  if (!wine) throw new Error('wine is missing: "apt-get install wine64" installs it');
  const { stdout } = await run(wine, ['--version']);
  const release = stdout.trim().replace(/[^\w.-].*$/, '');
  const prefix = env.WINEPREFIX || join(cacheFolder(env), `${release}-prefix-${RECIPE}`);
  if (existsSync(join(prefix, `.recipe-${RECIPE}`))) return prefix;
  await mkdir(dirname(prefix), { recursive: true });
  const work = await mkdtemp(join(dirname(prefix), '.wine-'));
  try {
    await makePrefix(wine, work);
    if (env.WINEPREFIX) await rm(prefix, { recursive: true, force: true });
    // Another process may have been faster.
    await rename(work, prefix).catch((error) => {
      if (!existsSync(prefix)) throw error;
    });
    return prefix;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function makePrefix(wine, prefix) {
  const env = { ...process.env, ...wineEnvironment(prefix), DISPLAY: '' };
  const options = { env, timeout: PREFIX_TIMEOUT_MS };
  await run(wine, ['wineboot', '-i'], options);
  // Node refuses to start on what Wine 8 says it is otherwise.
  await run(wine, ['winecfg', '-v', 'win10'], options);
  const missing = join(prefix, 'drive_c/windows/system32/bcryptprimitives.dll');
  if (!existsSync(missing)) {
    const source = fileURLToPath(new URL('bcryptprimitives.c', import.meta.url));
    await run(compiler, ['-O2', '-s', '-shared', '-o', missing, source, '-ladvapi32']);
  }
  // The server of the prefix ends by itself; its files are complete then.
  await run(serverOf(wine), ['-k'], options).catch(() => undefined);
  await run(serverOf(wine), ['-w'], options);
  await mkdir(join(prefix, `.recipe-${RECIPE}`));
}

function serverOf(wine) {
  const paths = [join(dirname(wine), 'wineserver'), '/usr/lib/wine/wineserver', '/usr/bin/wineserver'];
  return paths.find((path) => existsSync(path)) ?? 'wineserver';
}
