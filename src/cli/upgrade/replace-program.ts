import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { renameOver } from '../../base/files/replace-file.ts';
import { installDependencies } from './npm.ts';
import type { PackageFile } from './package-file.ts';

/**
 * Puts a package, with its dependencies, in place of an installed one: completely or not at all. `npm install` would
 * choose the versions of the dependencies itself, because it ignores npm-shrinkwrap.json in a package file.
 * @param folder the installed package's folder
 * @throws OllamaError of unpacking and of npm; system errors of renaming
 */
export async function replaceProgram(
  folder: string,
  file: PackageFile,
  install: typeof installDependencies = installDependencies,
): Promise<void> {
  // npm ignores names that begin with a dot.
  const staged = join(dirname(folder), `.${basename(folder)}-${randomBytes(8).toString('hex')}`);
  const old = `${staged}-old`;
  await mkdir(staged, { mode: 0o755 });
  try {
    await file.unpack(staged);
    await install(staged);
    await chmod(join(staged, 'bin', 'ollama'), 0o755);
    await renameOver(folder, old);
    try {
      await renameOver(staged, folder);
    } catch (error) {
      await renameOver(old, folder);
      throw error;
    }
  } finally {
    await rm(staged, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}
