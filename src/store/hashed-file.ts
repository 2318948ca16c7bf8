import type { Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { throwIfCanceled } from '../base/errors.ts';

/**
 * Writes a new file, feeds its bytes to the hash and flushes the file to disk.
 * @returns bytes written
 * @throws OllamaError `canceled`; errors of the body and of the file system
 */
export async function writeHashedFile(
  path: string,
  body: AsyncIterable<Uint8Array>,
  hash: Hash,
  signal: AbortSignal | undefined,
): Promise<number> {
  const file = await open(path, 'wx', 0o644);
  try {
    let size = 0;
    throwIfCanceled(signal);
    for await (const chunk of body) {
      throwIfCanceled(signal);
      hash.update(chunk);
      await writeFully(file, chunk);
      size += chunk.length;
    }
    throwIfCanceled(signal);
    await file.sync();
    return size;
  } finally {
    await file.close();
  }
}

/** A write may accept only a part of the chunk, for example when the disk is almost full. */
async function writeFully(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    const { bytesWritten } = await file.write(chunk, written, chunk.length - written);
    written += bytesWritten;
  }
}
