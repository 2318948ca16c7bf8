/** Finds out how this program was installed, which decides how it can be upgraded. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isOneFile, ownFolder, readOwnFileSync } from '../../base/program/own-files.ts';

export interface ProgramPackage {
  /** The folder of package.json, with links resolved; from one file, that of the executable. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

export type Installation =
  /** Installed by `npm install --global` under this prefix. */
  | { readonly kind: 'global'; readonly prefix: string }
  /** In the node_modules folder of another package or of npx. */
  | { readonly kind: 'dependency'; readonly folder: string }
  | { readonly kind: 'clone'; readonly folder: string }
  /** In a container image, whose Dockerfile creates a marker file. */
  | { readonly kind: 'image' }
  /** The executable of an archive, which contains Node and this program. */
  | { readonly kind: 'archive'; readonly program: string }
  /** Unpacked by hand. */
  | { readonly kind: 'folder'; readonly folder: string };

const IMAGE_MARK = '.image';

/** @param folder a package's folder; this program's unless a test passes another one */
export function readPackage(folder: string = ownFolder): ProgramPackage {
  const path = folder === ownFolder ? 'package.json' : join(folder, 'package.json');
  const facts = JSON.parse(readOwnFileSync(path).toString());
  const { name, version } = facts as Omit<ProgramPackage, 'folder'>;
  return { folder: folder.replace(/[/\\]$/, ''), name, version };
}

export function findInstallation(
  { folder, name }: Pick<ProgramPackage, 'folder' | 'name'>,
  program = isOneFile ? process.execPath : undefined,
): Installation {
  if (program !== undefined) return { kind: 'archive', program };
  if (existsSync(join(folder, IMAGE_MARK))) return { kind: 'image' };
  if (existsSync(join(folder, '.git'))) return { kind: 'clone', folder };
  const modules = name.split('/').reduce((path) => dirname(path), folder);
  if (basename(modules) !== 'node_modules') return { kind: 'folder', folder };
  const parent = dirname(modules);
  // npm's layout: PREFIX/lib/node_modules and PREFIX/bin; on Windows PREFIX/node_modules and PREFIX itself.
  if (basename(parent) === 'lib' && existsSync(join(dirname(parent), 'bin', 'ollama'))) {
    return { kind: 'global', prefix: dirname(parent) };
  }
  if (existsSync(join(parent, 'ollama.cmd'))) return { kind: 'global', prefix: parent };
  return { kind: 'dependency', folder: parent };
}

/** What the user can do if npm cannot upgrade the program. */
export function upgradeAdvice(installation: Exclude<Installation, { kind: 'global' }>, file: string): string {
  switch (installation.kind) {
    case 'image':
      return 'this is a container: build or pull a newer image and start a new container; the volume keeps the models';
    case 'archive':
      return `${installation.program} came from an archive: run the newer version's install.sh, or install.ps1 on Windows, with OLLAMA_PACKAGE set to the newer archive, or unpack that archive over this one, and restart the server`;
    case 'clone':
      return `this is a clone: run "git pull && npm ci && npm run build" in ${installation.folder}`;
    case 'dependency':
      return `this is a dependency of ${installation.folder}: run "npm install ${file}" there`;
    case 'folder':
      return `this was unpacked by hand into ${installation.folder}: replace it with the content of ${file}, or run "npm install --global ${file}"`;
  }
}
