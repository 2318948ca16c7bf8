import { OllamaError } from '../base/errors.ts';
import { readRegularFile } from '../base/regular-file.ts';
import { refusePointer } from './refuse-pointer.ts';
import type { SourceFile } from './source-file.ts';

/**
 * Reads a whole file of a folder.
 * @throws OllamaError `invalid-request` when it is too large, or only a pointer to the file
 */
export async function readSource({ name, path }: SourceFile, maxBytes: number): Promise<Buffer> {
  const bytes = await readRegularFile(path, maxBytes).catch((error: unknown) => {
    if (!(error instanceof OllamaError) || error.code !== 'too-large') throw error;
    throw new OllamaError(
      'invalid-request',
      `${name} is larger than ${maxBytes} bytes, the maximum for such a file`,
    );
  });
  refusePointer(name, bytes);
  return bytes;
}
