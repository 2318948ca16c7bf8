// All that tests need to run this program on Windows' Node: Wine, Node and packages from npm, and our libraries.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { root } from '../setup.mjs';
import { ensureWindowsPackages } from './packages.mjs';
import { ensurePrefix, findWine, windowsPath } from './wine.mjs';

/** What packaging/windows/build.sh needs, and Debian's packages of it. */
const builders = {
  'x86_64-w64-mingw32-g++-posix': 'g++-mingw-w64-x86-64-posix',
  cmake: 'cmake',
  ninja: 'ninja-build',
};
/** The build for every processor, and one with AVX2. */
const VARIANTS = 'x64,haswell';
/** The build takes 3 minutes of one processor. */
const BUILD_TIMEOUT_MS = 1_800_000;

/** @returns the packages of Debian that are missing on this machine */
export function missingForWindows() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const has = (name) => folders.some((folder) => existsSync(join(folder, name)));
  const missing = Object.entries(builders).flatMap(([name, debian]) => (has(name) ? [] : [debian]));
  return findWine() ? missing : ['wine64', ...missing];
}

/**
 * Prepares everything; the second call takes a moment.
 * @returns prefix: Wine's folder; node: path of node.exe; env: variables with which it finds packages
 * @throws Error if something is missing, the npm registry cannot be reached, or the build fails
 */
export async function ensureWindows() {
  const prefix = await ensurePrefix();
  const { folder, node } = await ensureWindowsPackages();
  const libraries = await ensureLibraries();
  const preload = pathToFileURL(join(root, 'scripts/wine/preload.mjs'));
  const env = {
    // Windows separates paths by a semicolon.
    NODE_PATH: `${windowsPath(folder)};${windowsPath(libraries)}`,
    NODE_OPTIONS: `--import=${preload.href.replace('file:///', 'file:///Z:/')}`,
  };
  return { prefix, node, env };
}

/** @returns the folder that holds the package with the libraries */
async function ensureLibraries() {
  const build = join(root, 'packaging/windows/build.sh');
  const { stdout } = await promisify(execFile)(build, ['--variants', VARIANTS], {
    timeout: BUILD_TIMEOUT_MS,
  });
  return stdout.trim();
}
