/**
 * Opens files in folders that other programs write to. Only regular files and links to them are opened: opening a named
 * pipe would wait for a writer, opening a device may act on it, and reading either may never end. Everything else in the
 * program that opens such a file does it here.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { OllamaError, systemCode } from './errors.ts';

type FileKind = 'folder' | 'named pipe' | 'device' | 'socket' | 'loop of symbolic links';

/** Something else than a regular file is at a path. The message names the path and what is there. */
export class NotRegularFileError extends OllamaError {
  readonly kind: FileKind;

  constructor(path: string, kind: FileKind, cause?: unknown) {
    super('internal', `${path} is a ${kind}, not a regular file: remove it or put the file back`, { cause });
    this.kind = kind;
  }
}

/** Even if another program replaces the file after the check, opening it must not wait. Windows lacks the flag. */
const WITHOUT_WAITING = constants.O_NONBLOCK ?? 0;

/**
 * @param flags of open(2); reading unless given
 * @param mode permissions of a file that is created
 * @throws NotRegularFileError; system errors of `open`
 */
export async function openRegularFile(
  path: string,
  flags: number = constants.O_RDONLY,
  mode?: number,
): Promise<FileHandle> {
  const file = await explained(path, flags, async () => {
    const facts = await stat(path).catch((error: unknown) => {
      if ((flags & constants.O_CREAT) !== 0 && systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (facts) requireRegular(path, facts);
    return open(path, flags | WITHOUT_WAITING, mode);
  });
  try {
    requireRegular(path, await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Reads a whole file.
 * @param maxBytes bound that also holds when the file grows while it is being read
 * @throws NotRegularFileError; OllamaError `too-large`; system errors
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  const file = await openRegularFile(path);
  try {
    return await readBounded(file, path, maxBytes);
  } finally {
    await file.close();
  }
}

/** Like `readRegularFile`, for a file that is already open; reads from its beginning. */
export async function readBounded(file: FileHandle, path: string, maxBytes: number): Promise<Buffer> {
  const { size } = await file.stat();
  if (size > maxBytes) throw tooLarge(path, maxBytes);
  // One byte more than the file has shows whether it has grown.
  let buffer = Buffer.allocUnsafe(size + 1);
  for (let length = 0; ; ) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
    if (length > maxBytes) throw tooLarge(path, maxBytes);
    if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * length, maxBytes) + 1);
  }
}

/** Like `readRegularFile`, for the few places that cannot wait. */
export function readRegularFileSync(path: string, maxBytes: number): Buffer {
  const descriptor = openRegularFileSync(path);
  try {
    const facts = fstatSync(descriptor);
    if (facts.size > maxBytes) throw tooLarge(path, maxBytes);
    const buffer = Buffer.allocUnsafe(facts.size);
    let length = 0;
    while (length < buffer.length) {
      const bytesRead = readSync(descriptor, buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Like `openRegularFile`, for reading in processes that do nothing else.
 * @returns its descriptor
 */
export function openRegularFileSync(path: string): number {
  requireRegular(path, statSync(path));
  const descriptor = openSync(path, constants.O_RDONLY | WITHOUT_WAITING);
  try {
    requireRegular(path, fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function requireRegular(path: string, facts: Stats): void {
  if (!facts.isFile()) throw new NotRegularFileError(path, kindOf(facts));
}

/** What is there, if it is not a regular file. */
export function kindOf(facts: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSocket'>): FileKind {
  if (facts.isDirectory()) return 'folder';
  if (facts.isFIFO()) return 'named pipe';
  return facts.isSocket() ? 'socket' : 'device';
}

async function explained<T>(path: string, flags: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // With O_NOFOLLOW, a single link is reported like a loop.
    const isLoop = systemCode(error) === 'ELOOP' && (flags & constants.O_NOFOLLOW) === 0;
    if (!isLoop) throw error;
    throw new NotRegularFileError(path, 'loop of symbolic links', error);
  }
}

function tooLarge(path: string, maxBytes: number): OllamaError {
  return new OllamaError(
    'too-large',
    `${path} is larger than ${maxBytes} bytes, the maximum for such a file`,
  );
}
