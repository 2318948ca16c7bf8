/**
 * The folder with the saved states of all models: one subfolder per model, trimmed to a budget, oldest first. Only
 * files that match our naming pattern are touched because a user may configure any folder.
 */
import { chmod, lstat, mkdir, readdir, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { temporaryPattern } from '../../base/atomic-file.ts';
import { OllamaError } from '../../base/errors.ts';
import { removeUnlessInUse } from '../../base/files/replace-file.ts';

/** Saved conversations are private. */
const FOLDER_MODE = 0o700;
const DAY_MS = 86_400_000;
/** A conversation unused for this long will hardly continue. */
const MAX_AGE_MS = 30 * DAY_MS;
/** Age from which a temporary file is the leftover of an interrupted write; no write takes this long. */
const MAX_TEMPORARY_AGE_MS = 600_000;

export const stateFileEnding = '.state';
const modelFolderPattern = /^[0-9a-f]{64}$/;
const statePattern = /^[0-9a-f]{64}\.state$/;

export interface StoredFile {
  readonly path: string;
  readonly bytes: number;
  /** Last use, in milliseconds since the epoch. */
  readonly usedAt: number;
}

export function isStatePath(path: string): boolean {
  return statePattern.test(basename(path));
}

export async function makeModelFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (!(await isRealFolder(folder))) throw new OllamaError('internal', `${folder} is a link: remove it`);
  await chmod(folder, FOLDER_MODE);
}

/** Files to remove: leftovers, expired files, and the oldest files over the budget. `files` are newest first. */
export function superfluousFiles(
  files: readonly StoredFile[],
  budgetBytes: number,
  now: number,
): StoredFile[] {
  let total = 0;
  return files.filter(({ path, bytes, usedAt }) => {
    const age = now - usedAt;
    if (!isStatePath(path)) return age > MAX_TEMPORARY_AGE_MS;
    if (age > MAX_AGE_MS || total + bytes > budgetBytes) return true;
    total += bytes;
    return false;
  });
}

/**
 * Removes the files that `superfluousFiles` returns, and model folders left empty. @returns the remaining files, newest
 * first
 */
export async function trimFolder(folder: string, budgetBytes: number, now: number): Promise<StoredFile[]> {
  const files = await listFiles(folder);
  const superfluous = new Set(superfluousFiles(files, budgetBytes, now));
  await Promise.all([...superfluous].map(({ path }) => removeUnlessInUse(path)));
  const left = files.filter((file) => !superfluous.has(file));
  const used = new Set(left.map(({ path }) => dirname(path)));
  for (const path of new Set([...superfluous].map((file) => dirname(file.path)))) {
    // Fails, as intended, when another process has written to it in the meantime.
    if (!used.has(path)) await rmdir(path).catch(() => undefined);
  }
  return left;
}

async function listFiles(folder: string): Promise<StoredFile[]> {
  const names = await namesIn(folder);
  const models = names.filter((name) => modelFolderPattern.test(name)).map((name) => join(folder, name));
  const files = await Promise.all(models.map(filesOfModel));
  return files.flat().sort((left, right) => right.usedAt - left.usedAt);
}

async function filesOfModel(folder: string): Promise<StoredFile[]> {
  if (!(await isRealFolder(folder))) return [];
  const names = (await namesIn(folder)).filter(
    (name) => statePattern.test(name) || temporaryPattern.test(name),
  );
  const files = await Promise.all(names.map((name) => fileFacts(join(folder, name))));
  return files.filter((file): file is StoredFile => file !== undefined);
}

/** Empty when the folder does not exist or another process removes it in the meantime. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Whether the path is a folder itself. A link may lead to files that are not ours to remove. */
async function isRealFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function fileFacts(path: string): Promise<StoredFile | undefined> {
  const facts = await lstat(path).catch(() => undefined);
  return facts?.isFile() ? { path, bytes: facts.size, usedAt: facts.mtimeMs } : undefined;
}
