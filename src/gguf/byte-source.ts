import type { FileHandle } from 'node:fs/promises';
import { NotRegularFileError, openRegularFile } from '../base/regular-file.ts';
import { invalidGguf } from './errors.ts';

/** Random access to the bytes of a file, in memory or on disk. */
export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  /** Fills the start of `target` with bytes from `position`; returns the number of bytes read, 0 at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
}

/** The bytes themselves as a source; they are not copied. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (target, position) => {
      const part = bytes.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
  };
}

/**
 * Opens a file as a source and closes it after use. Only regular files are accepted: a pipe or device may never end.
 * @throws OllamaError `invalid-request` for anything but a regular file; system errors of `open`
 */
export async function withFileSource<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const file = await openRegularFile(path).catch((error: unknown) => {
    throw error instanceof NotRegularFileError ? invalidGguf('not a regular file') : error;
  });
  try {
    return await use(fileSource(file, (await file.stat()).size));
  } finally {
    await file.close();
  }
}

function fileSource(file: FileHandle, size: number): ByteSource {
  return {
    size,
    read: async (target, position) => (await file.read(target, 0, target.length, position)).bytesRead,
  };
}
