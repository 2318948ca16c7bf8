import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { systemCode } from '../base/errors.ts';

/** Names in a folder; empty when the folder does not exist. */
export async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

/** Entries of a folder with their types, links not followed; empty when the folder does not exist. */
export async function listEntries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

/** Bytes, or undefined when the path does not exist or is not a regular file. */
export async function regularFileSize(path: string): Promise<number | undefined> {
  try {
    const facts = await stat(path);
    return facts.isFile() ? facts.size : undefined;
  } catch (error) {
    const code = systemCode(error);
    // ELOOP: links that lead to each other lead to no file.
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw error;
  }
}
