import { createHash } from 'node:crypto';
import { throwIfCanceled } from '../base/errors.ts';
import { openRegularFile } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { type Digest, parseDigest } from '../names/digest.ts';

/** Bytes hashed between two checks of the cancel signal. */
const CHUNK_BYTES = MIB;

/**
 * Computes the SHA-256 of a file's bytes, read through one buffer.
 * @param onProgress called with the number of bytes hashed so far
 * @throws OllamaError `canceled`, `internal` for anything but a regular file; errors of the file system
 */
export async function hashFile(
  path: string,
  signal: AbortSignal | undefined,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<Digest> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const file = await openRegularFile(path);
  try {
    let total = 0;
    for (;;) {
      throwIfCanceled(signal);
      const { bytesRead } = await file.read(chunk, 0, chunk.length, total);
      if (bytesRead === 0) return parseDigest(`sha256:${hash.digest('hex')}`);
      hash.update(chunk.subarray(0, bytesRead));
      total += bytesRead;
      onProgress(total);
    }
  } finally {
    await file.close();
  }
}
