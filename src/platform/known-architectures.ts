import { OllamaError } from '../base/errors.ts';
import { findLibraryFolder, packageOfFolder } from './library-folder.ts';
import { type LibraryPackage, releaseOf } from './library-packages.ts';

/** @returns the package of the libraries for this machine; undefined where none is installed */
export function installedPackage(): LibraryPackage | undefined {
  try {
    return packageOfFolder(findLibraryFolder());
  } catch {
    return undefined;
  }
}

/**
 * Refuses a model that newer libraries than the installed ones would run. llama.cpp itself only says that it does not know the
 * architecture.
 * @param installed undefined = nothing is known about the libraries, so nothing is refused
 * @throws OllamaError `load-failed`
 */
export function requireKnownArchitecture(
  model: string,
  architecture: string,
  installed: LibraryPackage | undefined,
): void {
  if (installed === undefined) return;
  const { missingArchitectures, libraryVersion } = releaseOf(installed.version);
  if (!missingArchitectures.includes(architecture)) return;
  throw new OllamaError(
    'load-failed',
    `${model} has the architecture "${architecture}", which ${installed.name} ${installed.version} (llama.cpp ${libraryVersion}) does not know: run it on a platform with newer libraries, such as Linux`,
  );
}
