/**
 * The packages that carry llama.cpp's libraries: which one belongs to a kind of machine, and which release of llama.cpp
 * a version of the packages was built from.
 */

export interface LibraryPackage {
  readonly name: string;
  /** The exact version; of published packages, the one that package.json pins. */
  readonly version: string;
}

/**
 * By platform and architecture, in Node's words. A new row of a published package needs an optional dependency in
 * package.json.
 */
export const libraryPackages: Readonly<Record<string, LibraryPackage>> = {
  'linux-x64': { name: '@node-llama-cpp/linux-x64', version: '3.22.1' },
  'linux-arm64': { name: '@node-llama-cpp/linux-arm64', version: '3.22.1' },
  // The newest version that exists for macOS.
  'darwin-arm64': { name: '@node-llama-cpp/mac-arm64-metal', version: '3.21.1' },
  'darwin-x64': { name: '@node-llama-cpp/mac-x64', version: '3.21.1' },
  'win32-x64': { name: 'ollama-ts-win-x64', version: '0.5.0' },
};

/** Packages that no registry has, by name, with the way to get them. packaging/windows/build.sh makes them. */
const unpublishedPackages: Readonly<Record<string, string>> = {
  'ollama-ts-win-x64':
    'use the archive of ollama-ts for Windows, which has them, or install the package file with "ollama backend install FILE" (docs/platforms.md)',
};

/** @returns how to get a package that is not installed */
export function waysToInstall({ name }: LibraryPackage): string {
  return unpublishedPackages[name] ?? 'run "npm install" without --omit=optional';
}

/** @returns whether npm can install it */
export function isPublished({ name }: LibraryPackage): boolean {
  return unpublishedPackages[name] === undefined;
}

/** Machines without libraries of their own that can run those of another one, and how. */
export const otherWays: Readonly<Record<string, string>> = {
  'win32-arm64':
    'install Node.js for x64, or the archive of ollama-ts for Windows on x64: Windows 11 on Arm runs it by emulation',
};

export interface LibraryRelease {
  /** What `llama_version()` returns. */
  readonly libraryVersion: string;
  /** Architectures of models that newer releases know and this one does not. */
  readonly missingArchitectures: readonly string[];
}

const newest: LibraryRelease = { libraryVersion: '0.5.0-dev', missingArchitectures: [] };

/**
 * The releases whose structs have the layouts of `engine/native/structs.ts`, by the version of the packages. The headers of
 * 0.4.0 and 0.5.0 were compared for everything that we call (docs/platforms.md).
 */
const releases: ReadonlyMap<string, LibraryRelease> = new Map([
  ['3.22.1', newest],
  // Built from the source in version 3.22.1.
  ['0.5.0', newest],
  [
    '3.21.1',
    { libraryVersion: '0.4.0-dev', missingArchitectures: ['maple', 'hy_v4', 'hrm_text', 'spark2_5'] },
  ],
]);

/**
 * @param packageVersion undefined for libraries that are in no package
 * @returns the newest release for an unknown version; the self test then says which one was found
 */
export function releaseOf(packageVersion: string | undefined): LibraryRelease {
  return (packageVersion === undefined ? undefined : releases.get(packageVersion)) ?? newest;
}
