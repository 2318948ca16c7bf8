/** Installs a package of llama.cpp's libraries for the CPU from a file, where npm has not installed one. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OllamaError, systemCode } from '../base/errors.ts';
import { isOneFile } from '../base/program/own-files.ts';
import {
  librariesIn,
  packageOfFolder,
  requireLibraryPackage,
  UNPACKED_FOLDER,
} from '../platform/library-folder.ts';
import type { LibraryPackage } from '../platform/library-packages.ts';
import { removeAbandoned, replaceFolder } from './install-backend.ts';
import type { BackendState } from './installed-backends.ts';
import type { LibraryFile } from './library-file.ts';

interface InstallOptions {
  /** Folder of all backends; created if it does not exist. */
  readonly folder: string;
  readonly wanted: LibraryPackage;
  /** Tries libraries in a folder, and throws when they do not work. */
  readonly probe: (libraryFolder: string) => Promise<void>;
}

export interface LibraryStatus {
  readonly name: typeof UNPACKED_FOLDER;
  readonly state: BackendState;
  readonly version?: string;
  readonly libraryFolder?: string;
}

/**
 * Installs or replaces the libraries, completely or not at all: they are tried before they replace the existing ones.
 * @throws OllamaError `invalid-request` when others use the existing ones; the error of the probe
 */
export async function installLibraries(
  { files }: LibraryFile,
  { folder, wanted, probe }: InstallOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  const temporary = join(folder, `.tmp-${randomBytes(8).toString('hex')}`);
  await mkdir(temporary);
  try {
    for (const [path, content] of files) {
      const target = join(temporary, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content, { flag: 'wx' });
    }
    await probe(librariesIn(temporary, wanted));
    await replaceFolder(join(folder, UNPACKED_FOLDER), temporary).catch(explainUse);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Windows keeps a library that a process has loaded from being moved. */
function explainUse(error: unknown): never {
  const code = systemCode(error);
  if (code !== 'EPERM' && code !== 'EBUSY' && code !== 'EACCES') throw error;
  throw new OllamaError('invalid-request', 'the installed libraries are in use: stop the server and repeat', {
    cause: error,
  });
}

/** The package of libraries for this machine; undefined where there is none. */
export function findLibraryPackage(): LibraryPackage | undefined {
  try {
    return requireLibraryPackage();
  } catch {
    return undefined;
  }
}

/**
 * The package that a file must have to be installed here.
 * @throws OllamaError `load-failed` where there is none; `invalid-request` where the program brings its libraries
 */
export function requireUnpackable(bringsLibraries = isOneFile): LibraryPackage {
  if (!bringsLibraries) return requireLibraryPackage();
  throw new OllamaError(
    'invalid-request',
    'this program uses the libraries in the archive that it came in: unpack another archive instead',
  );
}

/** @returns undefined when no libraries were installed from a file */
export function unpackedLibraries(folder: string, wanted = findLibraryPackage()): LibraryStatus | undefined {
  if (!wanted) return undefined;
  const libraryFolder = librariesIn(join(folder, UNPACKED_FOLDER), wanted);
  const found = packageOfFolder(libraryFolder);
  if (!found) return undefined;
  const isCurrent = found.name === wanted.name && found.version === wanted.version;
  const status = { name: UNPACKED_FOLDER, version: found.version } as const;
  return isCurrent ? { ...status, state: 'installed', libraryFolder } : { ...status, state: 'needs update' };
}

export { UNPACKED_FOLDER };
