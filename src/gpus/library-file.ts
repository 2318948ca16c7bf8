/** A package file with llama.cpp's libraries for the CPU, checked whole before anything of it is written. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { messageOf, OllamaError, systemCode } from '../base/errors.ts';
import { type ArchiveEntry, readPackageArchive } from '../base/files/package-archive.ts';
import { readRegularFile } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { isLibraryFile, librariesIn } from '../platform/library-folder.ts';
import type { LibraryPackage } from '../platform/library-packages.ts';

/** The package for Windows has 10 MB, and less than 100 MB with a GPU's library. */
const MAX_FILE_BYTES = 256 * MIB;
const MAX_UNPACKED_BYTES = 1024 * MIB;
/** It has 30 files. */
const MAX_FILES = 1000;
const MAX_DESCRIPTION_BYTES = MIB;

/** Names that mean the same on every system; none leaves its folder, and Windows keeps no dot at the end. */
const segment = /^(?!\.{1,2}$)[\w.+@-]*[\w+@-]$/;
const factsSchema = z.object({ name: z.string(), version: z.string() });
/** The libraries without which nothing works. Builds for processors differ between kinds of machines. */
const stems = ['ggml-base', 'ggml', 'llama'];

export interface LibraryFile {
  /** SHA-256 of the file, in hexadecimal. */
  readonly digest: string;
  /** By path in the package, such as "bins/ollama-ts-win-x64/ggml.dll". */
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * @param wanted the package that belongs to this machine and this version of the program
 * @throws OllamaError `invalid-request` unless the file is that package
 */
export async function readLibraryFile(path: string, wanted: LibraryPackage): Promise<LibraryFile> {
  const bytes = await readWhole(path);
  try {
    const files = filesOf(readPackageArchive(bytes, MAX_UNPACKED_BYTES));
    requirePackage(files, wanted);
    return { digest: createHash('sha256').update(bytes).digest('hex'), files };
  } catch (error) {
    throw new OllamaError('invalid-request', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    return await readRegularFile(path, MAX_FILE_BYTES);
  } catch (error) {
    const reason = systemCode(error) === 'ENOENT' ? `there is no file ${path}` : messageOf(error);
    throw new OllamaError('invalid-request', reason, { cause: error });
  }
}

/** Without the folder "package", in which npm puts everything. */
function filesOf(entries: readonly ArchiveEntry[]): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const { name, type, content } of entries) {
    if (type === 'folder') continue;
    const [, ...segments] = name.split('/');
    const isSafe = segments.length > 0 && segments.every((part) => segment.test(part));
    if (type === 'other' || !isSafe)
      throw refusal(`the entry ${JSON.stringify(name)} is not a plain file with a plain name`);
    if (files.size === MAX_FILES) throw refusal(`the package has more than ${MAX_FILES} files`);
    files.set(segments.join('/'), content);
  }
  return files;
}

function requirePackage(files: ReadonlyMap<string, Buffer>, wanted: LibraryPackage): void {
  const description = files.get('package.json');
  if (!description || description.length > MAX_DESCRIPTION_BYTES)
    throw refusal('it is not a package file, as "npm pack" makes it');
  const facts = factsSchema.safeParse(parseJson(description));
  if (!facts.success) throw refusal('its package.json has no name and version');
  const { name, version } = facts.data;
  if (name !== wanted.name || version !== wanted.version)
    throw refusal(
      `it is ${name} ${version}, but this version of ollama-ts needs ${wanted.name} ${wanted.version} on ${process.platform}-${process.arch}`,
    );
  const folder = librariesIn('', wanted).replaceAll('\\', '/');
  const names = [...files.keys()].filter((path) => path.startsWith(`${folder}/`));
  const present = names.map((path) => path.slice(folder.length + 1));
  const missing = stems.filter((stem) => !present.some((file) => isLibraryFile(file, stem)));
  if (missing.length > 0) throw refusal(`it lacks the libraries ${missing.join(', ')} in ${folder}`);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function refusal(reason: string): OllamaError {
  return new OllamaError('invalid-request', reason);
}
