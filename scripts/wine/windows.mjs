// All that tests need to run this program on Windows' Node: Wine, Node and packages from npm, and our libraries.
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../setup.mjs';
import { ensureWindowsLibraries } from '../windows-libraries.mjs';
import { ensureWindowsPackages } from './packages.mjs';
import { ensurePrefix, findWine, windowsPath } from './wine.mjs';

/** What packaging/windows/build.sh needs, and Debian's packages of it. */
const builders = {
  'x86_64-w64-mingw32-g++-posix': 'g++-mingw-w64-x86-64-posix',
  cmake: 'cmake',
  ninja: 'ninja-build',
};
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
  const libraries = dirname((await ensureWindowsLibraries()).folder);
  const preload = pathToFileURL(join(root, 'scripts/wine/preload.mjs'));
  const env = {
    // Windows separates paths by a semicolon.
    NODE_PATH: `${windowsPath(folder)};${windowsPath(libraries)}`,
    NODE_OPTIONS: `--import=${preload.href.replace('file:///', 'file:///Z:/')}`,
  };
  return { prefix, node, env };
}
