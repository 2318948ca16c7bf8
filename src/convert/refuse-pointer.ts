import { OllamaError } from '../base/errors.ts';

/** First bytes of the small text that Git stores in place of a large file. */
const POINTER_START = 'version https://git-lfs';

/**
 * @param bytes the first ones of the file at least
 * @throws OllamaError `invalid-request` when they are those of a Git LFS pointer
 */
export function refusePointer(name: string, bytes: Uint8Array): void {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, POINTER_START.length));
  if (start.toString('latin1') !== POINTER_START) return;
  throw new OllamaError('invalid-request', `${name} is a Git LFS pointer, not the file: run git lfs pull`);
}
