/** Finds what belongs to this program: in the folder of its package, or inside the executable of a one-file installation. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file that every such executable of ours contains: another program may embed this package in an executable of its own. */
const MARK = 'ollama-ts';

interface Embedded {
  isSea(): boolean;
  getRawAsset(name: string): ArrayBuffer;
}

/** Bun and Deno have no such module. */
const embedded = process.getBuiltinModule('node:sea') as Embedded | undefined;

/** Whether this process runs from one file, which contains Node and this program. */
export const isOneFile = embedded?.isSea() === true && embeddedFile(MARK) !== undefined;

/** The folder that this folder is in: `dist` in an installation, `src` in tests. Empty in a one-file installation. */
export const codeFolder = isOneFile ? '' : fileURLToPath(new URL('../..', import.meta.url));
/** The folder of package.json; in a one-file installation, that of the executable. */
export const ownFolder = isOneFile ? dirname(process.execPath) : join(codeFolder, '..');

/**
 * The folder that Ollama's archives, and ours, have for libraries.
 * @param program path of the executable
 */
export function archiveLibraryFolder(
  program = process.execPath,
  platform: string = process.platform,
): string {
  const above = platform === 'win32' ? [] : ['..'];
  return join(dirname(program), ...above, 'lib', 'ollama');
}

/**
 * @param path of a file within the package, such as "package.json"; an absolute path names any file
 * @throws a system error when it does not exist
 */
export function readOwnFileSync(path: string): Buffer {
  return embeddedFile(path) ?? readFileSync(resolve(ownFolder, path));
}

/** The same without blocking. */
export async function readOwnFile(path: string): Promise<Buffer> {
  return embeddedFile(path) ?? (await readFile(resolve(ownFolder, path)));
}

/** The bytes are part of the executable and must not be written to. @returns undefined when it does not contain the file */
export function embeddedFile(path: string): Buffer | undefined {
  if (embedded?.isSea() !== true) return undefined;
  try {
    return Buffer.from(embedded.getRawAsset(path));
  } catch {
    return undefined;
  }
}
