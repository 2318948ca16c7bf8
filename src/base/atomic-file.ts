import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OllamaError, systemCode } from './errors.ts';

/** Names of the temporary files. A power failure during a write can leave one behind. */
export const temporaryPattern = /^\.tmp-[0-9a-f]{16}$/;

/** Turns a "no space" error into one that names the path; returns all other errors unchanged. */
export function explainStorageError(error: unknown, path: string): unknown {
  if (systemCode(error) !== 'ENOSPC' && systemCode(error) !== 'EDQUOT') return error;
  return new OllamaError(
    'storage-full',
    `no space left on device while writing ${path}: free some space and try again`,
    {
      cause: error,
    },
  );
}

/**
 * Writes a whole file or nothing: a temporary file in the same folder is flushed to disk, then renamed over the target.
 * @param content parts are written one after the other, without a copy
 * @param flush false where a power failure may lose the file, for example in a cache
 * @throws OllamaError `storage-full` when the disk is full
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
  mode = 0o644,
  flush = true,
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.tmp-${randomBytes(8).toString('hex')}`);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      const parts = Array.isArray(content) ? (content as readonly Uint8Array[]) : [content as string];
      for (const part of parts) await file.writeFile(part);
      if (flush) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw explainStorageError(error, path);
  }
}
