/** Finds the installed package with llama.cpp's libraries for this machine. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OllamaError } from '../base/errors.ts';
import { archiveLibraryFolder, isOneFile } from '../base/program/own-files.ts';
import { readRegularFileSync } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { type LibraryPackage, libraryPackages } from './library-packages.ts';
import { muslAdvice, readLoadedFiles, usesMusl } from './musl.ts';

/** The description of a package has a few KB. */
const MAX_PACKAGE_BYTES = MIB;

interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Whether the C library is musl. */
  readonly hasMusl: boolean;
}

function thisMachine(): Machine {
  const { platform, arch } = process;
  return { platform, arch, hasMusl: platform === 'linux' && usesMusl(readLoadedFiles()) };
}

/**
 * The package with the libraries for a machine.
 * @throws OllamaError `load-failed` when there is none
 */
export function requireLibraryPackage({ platform, arch, hasMusl }: Machine): LibraryPackage {
  if (hasMusl) throw new OllamaError('load-failed', muslAdvice);
  const found = libraryPackages[`${platform}-${arch}`];
  if (found) return found;
  const known = Object.keys(libraryPackages).join(', ');
  const message = `there are no inference libraries for ${platform}-${arch}: use one of the supported platforms, ${known}`;
  throw new OllamaError('load-failed', message);
}

/**
 * Says why this machine cannot run models, before a child process is started for it: there, the error would be that of a linker.
 * @throws OllamaError `load-failed`
 */
export function requireSupportedMachine(): void {
  requireLibraryPackage(thisMachine());
}

/**
 * The folder with the libraries for this machine.
 * @throws OllamaError `load-failed` when the platform is not supported or the package is not installed
 */
export function findLibraryFolder(machine = thisMachine()): string {
  if (isOneFile) return requireArchiveFolder(archiveLibraryFolder());
  const { name } = requireLibraryPackage(machine);
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (error) {
    const message = `the package ${name} is not installed: run "npm install" without --omit=optional`;
    throw new OllamaError('load-failed', message, { cause: error });
  }
  return join(dirname(dirname(entry)), 'bins', name.slice(name.indexOf('/') + 1));
}

/** @throws OllamaError `load-failed` when the executable was copied without its libraries */
export function requireArchiveFolder(folder: string): string {
  if (existsSync(folder)) return folder;
  const message = `the folder ${folder} with the inference libraries is missing: unpack the whole archive, and keep "lib" where it lies`;
  throw new OllamaError('load-failed', message);
}

/**
 * The package that a folder of libraries belongs to.
 * @param folder such as "…/@node-llama-cpp/linux-x64/bins/linux-x64"
 * @returns undefined for libraries that are in no package
 */
export function packageOfFolder(folder: string): LibraryPackage | undefined {
  try {
    const path = join(dirname(dirname(folder)), 'package.json');
    const { name, version } = JSON.parse(readRegularFileSync(path, MAX_PACKAGE_BYTES).toString());
    return typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined;
  } catch {
    return undefined;
  }
}
