/** Reports what is installed in the folder of backends. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../base/errors.ts';
import { readRegularFileSync } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import {
  type BackendPackages,
  backendNames,
  findPackages,
  type GpuBackendName,
  libraryFolder,
  packageFolder,
} from './backend-catalog.ts';
import { builtInBackend } from './built-in-backend.ts';

/** The description of a package has a few KB. */
const MAX_PACKAGE_BYTES = MIB;

export type BackendState = 'built in' | 'installed' | 'not installed' | 'needs update' | 'not available';

export interface BackendStatus {
  readonly name: GpuBackendName;
  readonly state: BackendState;
  /** Version that is installed. */
  readonly version?: string;
  /** Absolute path of the folder with the libraries; present when they can be used. */
  readonly libraryFolder?: string;
}

/**
 * @param folder folder of all backends
 * @returns the one that is built in first, where there is one
 */
export function listBackends(
  folder: string,
  find = findPackages,
  builtIn = builtInBackend(),
): BackendStatus[] {
  const others = backendNames.map((name): BackendStatus => {
    const packages = find(name);
    return packages ? statusOf(join(folder, name), packages) : { name, state: 'not available' };
  });
  return builtIn ? [builtIn, ...others] : others;
}

/** @param prefix the folder that npm installed into */
export function statusOf(prefix: string, backend: BackendPackages): BackendStatus {
  const { name, packages, version: needed } = backend;
  const versions = packages.map((packageName) => versionIn(packageFolder(prefix, packageName)));
  const [version] = versions;
  const libraries = libraryFolder(prefix, backend);
  if (versions.every((found) => found === needed) && existsSync(join(libraries, `libggml-${name}.so`))) {
    return { name, state: 'installed', version: needed, libraryFolder: libraries };
  }
  if (!existsSync(prefix)) return { name, state: 'not installed' };
  return { name, state: 'needs update', ...(version !== undefined && { version }) };
}

function versionIn(folder: string): string | undefined {
  try {
    const { version } = JSON.parse(
      readRegularFileSync(join(folder, 'package.json'), MAX_PACKAGE_BYTES).toString(),
    );
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Total size in bytes of all files in a folder; 0 when the folder does not exist. */
export async function folderSize(folder: string): Promise<number> {
  try {
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    const sizes = await Promise.all(files.map((file) => stat(join(file.parentPath, file.name))));
    return sizes.reduce((total, { size }) => total + size, 0);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
