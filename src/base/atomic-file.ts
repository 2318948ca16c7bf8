import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OllamaError, systemCode } from './errors.ts';
import { mayBeInUse, renameOver } from './files/replace-file.ts';
import { makePrivateFolder } from './private-folder.ts';

/** Names of the temporary files. A power failure during a write can leave one behind. */
export const temporaryPattern = /^\.tmp-[0-9a-f]{16}$/;

/** The permissions of everybody but the owner. */
const OTHERS = 0o077;

const readOnlyReasons: Readonly<Record<string, string>> = {
  EROFS: 'the disk is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
};

/** Number of attempts to write to a folder that another process removes because it is still empty. */
const ATTEMPTS = 20;

const MAKE_WRITABLE = 'make it writable for the user who runs this program';

/** Windows has the same codes for a file that is open. */
const OR_IN_USE = ', or another program has it open';
const MAKE_WRITABLE_OR_CLOSE = 'close that program, or make it writable for the user who runs this one';

/** Turns the errors of a full or read-only disk into ones that name the path; returns all other errors unchanged. */
export function explainStorageError(
  error: unknown,
  path: string,
  platform: NodeJS.Platform = process.platform,
): unknown {
  const reason = readOnlyReasons[systemCode(error) ?? ''];
  if (reason !== undefined) {
    const isUnclear = mayBeInUse(error, platform);
    const [doubt, advice] = isUnclear ? [OR_IN_USE, MAKE_WRITABLE_OR_CLOSE] : ['', MAKE_WRITABLE];
    const message = `cannot write ${path}: ${reason}${doubt}: ${advice}`;
    return new OllamaError('storage-read-only', message, { cause: error });
  }
  if (systemCode(error) === 'EBUSY') {
    const message = `cannot write ${path}: another program has it open: close that program and try again`;
    return new OllamaError('busy', message, { cause: error });
  }
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
 * @param mode of the file; a folder that is missing is created as private as the file
 * @param flush false where a power failure may lose the file, for example in a cache
 * @throws OllamaError `storage-full` when the disk is full, `storage-read-only`
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
  mode = 0o644,
  flush = true,
): Promise<void> {
  const temporary = join(dirname(path), `.tmp-${randomBytes(8).toString('hex')}`);
  try {
    const file = await createInFolder(temporary, mode);
    try {
      const parts = Array.isArray(content) ? (content as readonly Uint8Array[]) : [content as string];
      for (const part of parts) await file.writeFile(part);
      if (flush) await file.sync();
    } finally {
      await file.close();
    }
    await renameOver(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw explainStorageError(error, path);
  }
}

/** Creates a file and its folder. Another process may remove the folder in between, as long as it is empty. */
async function createInFolder(path: string, mode: number): Promise<FileHandle> {
  for (let attempt = 1; ; attempt++) {
    try {
      if ((mode & OTHERS) === 0) makePrivateFolder(dirname(path));
      else await mkdir(dirname(path), { recursive: true });
      return await open(path, 'wx', mode);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
    }
  }
}
