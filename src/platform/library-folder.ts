/** Finds the installed package with llama.cpp's libraries for this machine. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { OllamaError } from '../base/errors.ts';
import { archiveLibraryFolder, isOneFile } from '../base/program/own-files.ts';
import { readRegularFileSync } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { type LibraryPackage, libraryPackages, otherWays, waysToInstall } from './library-packages.ts';
import { muslAdvice, readLoadedFiles, usesMusl } from './musl.ts';

/** The description of a package has a few KB. */
const MAX_PACKAGE_BYTES = MIB;
/** Name of the folder, beside those of the backends, for a package of libraries that came as a file. */
export const UNPACKED_FOLDER = 'cpu';

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
export function requireLibraryPackage(machine = thisMachine()): LibraryPackage {
  const { platform, arch, hasMusl } = machine;
  if (hasMusl) throw new OllamaError('load-failed', muslAdvice);
  const found = libraryPackages[`${platform}-${arch}`];
  if (found) return found;
  const known = Object.keys(libraryPackages).join(', ');
  const advice = otherWays[`${platform}-${arch}`] ?? `use one of the supported platforms, ${known}`;
  const message = `there are no inference libraries for ${platform}-${arch}: ${advice}`;
  throw new OllamaError('load-failed', message);
}

/**
 * Says why this machine cannot run models, before a child process is started for it: there, the error would be that of a linker.
 * @throws OllamaError `load-failed`
 */
export function requireSupportedMachine(): void {
  requireLibraryPackage();
  if (isOneFile) requireArchiveFolder(archiveLibraryFolder());
}

/**
 * The folder with the libraries for this machine.
 * @param unpacked where `ollama backend install FILE` unpacks a package of libraries
 * @throws OllamaError `load-failed` when the platform is not supported or the package is not installed
 */
export function findLibraryFolder(machine = thisMachine(), unpacked = unpackedPackage()): string {
  if (isOneFile) return requireArchiveFolder(archiveLibraryFolder());
  const wanted = requireLibraryPackage(machine);
  try {
    return librariesIn(dirname(dirname(createRequire(import.meta.url).resolve(wanted.name))), wanted);
  } catch (error) {
    const libraries = librariesIn(unpacked, wanted);
    const found = packageOfFolder(libraries);
    if (found?.name === wanted.name && found.version === wanted.version) return libraries;
    const message = `the package ${wanted.name} ${wanted.version} is not installed: ${waysToInstall(wanted)}`;
    throw new OllamaError('load-failed', message, { cause: error });
  }
}

/** The folder of libraries in a package. */
export function librariesIn(packageFolder: string, { name }: LibraryPackage): string {
  return join(packageFolder, 'bins', name.slice(name.indexOf('/') + 1));
}

/**
 * Whether a file is the library with a stem: "llama" matches "libllama.v0.5.0.so", "libllama.vulkan.v0.5.0.so" and
 * "llama.dll". The rest of the name differs between packages.
 */
export function isLibraryFile(file: string, stem: string): boolean {
  return new RegExp(`^(lib)?${stem}(\\.[a-z]+)?(\\.v[\\d.]+)?\\.(so|dylib|dll)$`).test(file);
}

/** A package of libraries that came as a file; `config.backendsFolder` is the folder above it. */
function unpackedPackage(): string {
  return join(homedir(), '.ollama', 'backends', UNPACKED_FOLDER);
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
