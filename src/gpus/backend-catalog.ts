/** The packages with llama.cpp's GPU libraries, and the version of them that this program works with. */
import { join } from 'node:path';
import { OllamaError } from '../base/errors.ts';
import { readOwnFileSync } from '../base/program/own-files.ts';
import { digestOf } from './package-digests.ts';

/** The backends that can be installed. */
export const backendNames = ['cuda', 'vulkan'] as const;
export type BackendName = (typeof backendNames)[number];
/** `metal` comes with the libraries for the CPU. */
export type GpuBackendName = BackendName | 'metal';

/** The first package has the libraries; the second adds one for older drivers. */
const packagesByPlatform: Readonly<Record<string, Readonly<Record<BackendName, readonly string[]>>>> = {
  'linux-x64': {
    cuda: ['@node-llama-cpp/linux-x64-cuda', '@node-llama-cpp/linux-x64-cuda-ext'],
    vulkan: ['@node-llama-cpp/linux-x64-vulkan'],
  },
};
/** All packages must have the version of this one, because the layouts of the libraries' structs were taken from it. */
const PROCESSOR_PACKAGE = '@node-llama-cpp/linux-x64';

interface PackageFacts {
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

export interface BackendPackages {
  readonly name: BackendName;
  readonly packages: readonly string[];
  /** The exact version. */
  readonly version: string;
  /** What npm must have downloaded for each package, as `integrity` in package-lock.json. */
  readonly integrity: Readonly<Record<string, string>>;
}

/** Undefined where there is no such backend for this kind of machine. */
export function findPackages(
  name: BackendName,
  platform: string = process.platform,
  arch: string = process.arch,
): BackendPackages | undefined {
  const packages = packagesByPlatform[`${platform}-${arch}`]?.[name];
  if (!packages) return undefined;
  const integrity = Object.fromEntries(packages.map((found) => [found, digestOf(found)]));
  return { name, packages, version: pinnedVersion(), integrity };
}

function pinnedVersion(): string {
  const text = readOwnFileSync('package.json').toString();
  const version = (JSON.parse(text) as PackageFacts).optionalDependencies[PROCESSOR_PACKAGE];
  if (version === undefined) throw new Error(`package.json does not pin ${PROCESSOR_PACKAGE}`);
  return version;
}

/** @throws OllamaError `invalid-request` naming the available backends */
export function requireBackendName(text: string | undefined): BackendName {
  const name = backendNames.find((known) => known === text?.toLowerCase());
  if (name !== undefined) return name;
  if (text?.toLowerCase() === 'metal') {
    const message =
      'the backend metal is part of the libraries for Macs with Apple silicon: it is neither installed nor removed';
    throw new OllamaError('invalid-request', message);
  }
  const known = backendNames.join(', ');
  throw new OllamaError('invalid-request', `unknown backend "${text ?? ''}"; available backends: ${known}`);
}

/** Path of a package in the folder that npm installs into. */
export function packageFolder(prefix: string, packageName: string): string {
  return join(prefix, 'node_modules', packageName);
}

/** Path of a backend's libraries, such as "…/bins/linux-x64-cuda". */
export function libraryFolder(prefix: string, { packages }: BackendPackages): string {
  const [main = ''] = packages;
  return join(packageFolder(prefix, main), 'bins', main.slice(main.indexOf('/') + 1));
}
