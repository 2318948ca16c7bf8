import { findLibraryFolder, packageOfFolder } from '../platform/library-folder.ts';
import type { BackendStatus } from './installed-backends.ts';

/**
 * The backend that comes with the libraries for the CPU: Metal on Apple silicon.
 * @param find returns the folder of these libraries, or throws
 * @returns undefined for other machines
 */
export function builtInBackend(
  platform: string = process.platform,
  arch: string = process.arch,
  find: () => string = findLibraryFolder,
): BackendStatus | undefined {
  if (platform !== 'darwin' || arch !== 'arm64') return undefined;
  try {
    const libraryFolder = find();
    const version = packageOfFolder(libraryFolder)?.version;
    return { name: 'metal', state: 'built in', libraryFolder, ...(version !== undefined && { version }) };
  } catch {
    return { name: 'metal', state: 'not available' };
  }
}
