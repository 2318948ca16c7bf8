import { mkdir, statfs } from 'node:fs/promises';
import { explainStorageError } from './atomic-file.ts';
import { isCancellation, OllamaError } from './errors.ts';
import { MIB } from './units.ts';

/** Returns the bytes that an unprivileged user can still write to a folder. */
export type FreeBytes = (folder: string) => Promise<number>;

export const systemFreeBytes: FreeBytes = async (folder) => {
  const facts = await statfs(folder);
  return facts.bavail * facts.bsize;
};

/** @throws OllamaError `storage-full` naming the folder and both sizes, `storage-read-only` */
export async function requireFreeSpace(folder: string, needed: number, freeBytes: FreeBytes): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw explainStorageError(error, folder);
  });
  const free = await freeBytes(folder);
  if (free >= needed) return;
  const message = `not enough disk space in ${folder}: ${formatBytes(needed)} needed, ${formatBytes(free)} free`;
  throw new OllamaError('storage-full', message);
}

/** A disk with less free space counts as full. */
const FULL_BYTES = MIB;

/**
 * What to tell of an error of `work`, such as "quantizing", into a folder: on a full disk, programs only report that writing
 * failed, or continue silently.
 */
export async function explainFullDisk(
  error: unknown,
  work: string,
  folder: string,
  freeBytes: FreeBytes,
): Promise<unknown> {
  if (isCancellation(error) || (await freeBytes(folder)) >= FULL_BYTES) return error;
  const message = `no space left on device while ${work} into ${folder}: free some space and try again`;
  return new OllamaError('storage-full', message, { cause: error });
}

function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
