// llama.cpp's libraries for Windows, built once and kept in the cache of test models.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './setup.mjs';

/** The baseline, and what nearly every processor since 2013 runs: enough for tests. */
const TEST_VARIANTS = ['x64', 'haswell'];

/**
 * @param variants builds for processors, as packaging/windows/build.sh knows them
 * @returns folder: the unpacked package; libraries: the folder of the DLLs in it; file: the package as `npm pack` makes it
 * @throws the error of build.sh, which says what is missing
 */
export async function ensureWindowsLibraries(variants = TEST_VARIANTS) {
  const build = join(root, 'packaging/windows/build.sh');
  const { stdout } = await promisify(execFile)(build, ['--variants', variants.join()]);
  const folder = join(stdout.trim(), 'ollama-ts-win-x64');
  const libraries = join(folder, 'bins/ollama-ts-win-x64');
  return { folder, libraries, file: join(stdout.trim(), 'ollama-ts-win-x64-0.5.0.tgz') };
}
