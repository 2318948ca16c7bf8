/** Finds out how this program was installed, which decides how it can be upgraded. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ProgramPackage {
  /** The folder of package.json, with links resolved. */
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
  /** Unpacked by hand. */
  | { readonly kind: 'folder'; readonly folder: string };

const IMAGE_MARK = '.image';

/** @param folder a package's folder; this program's unless a test passes another one */
export function readPackage(
  folder: string = fileURLToPath(new URL('../../..', import.meta.url)),
): ProgramPackage {
  const facts = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name, version } = facts as Omit<ProgramPackage, 'folder'>;
  return { folder: folder.replace(/[/\\]$/, ''), name, version };
}

export function findInstallation({ folder, name }: Pick<ProgramPackage, 'folder' | 'name'>): Installation {
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
    case 'clone':
      return `this is a clone: run "git pull && npm ci && npm run build" in ${installation.folder}`;
    case 'dependency':
      return `this is a dependency of ${installation.folder}: run "npm install ${file}" there`;
    case 'folder':
      return `this was unpacked by hand into ${installation.folder}: replace it with the content of ${file}, or run "npm install --global ${file}"`;
  }
}
