import { messageOf, OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { readRegularFile } from '../../base/regular-file.ts';
import type { SourceFile } from '../source-file.ts';

/** First line of the small text file that stands for a file in a clone without Git LFS. */
const LFS_MARK = 'version https://git-lfs.github.com/';

/**
 * Reads a file that holds a JSON object.
 * @throws OllamaError `invalid-request` when it is too large, not JSON, or not an object
 */
export async function readJson(file: SourceFile, maxBytes: number): Promise<JsonObject> {
  const value = await readAnyJson(file, maxBytes);
  if (!isJsonObject(value)) throw new OllamaError('invalid-request', `${file.name} must hold a JSON object`);
  return value;
}

/** Like `readJson`, for files that may hold a list. */
export async function readAnyJson(file: SourceFile, maxBytes: number): Promise<unknown> {
  const bytes = await readRegularFile(file.path, maxBytes).catch((error: unknown) => {
    if (!(error instanceof OllamaError) || error.code !== 'too-large') throw error;
    throw new OllamaError(
      'invalid-request',
      `${file.name} is larger than ${maxBytes} bytes, the maximum for it`,
    );
  });
  const text = bytes.toString('utf8');
  if (text.startsWith(LFS_MARK)) {
    throw new OllamaError(
      'invalid-request',
      `${file.name} is a Git LFS pointer, not the file: run git lfs pull`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OllamaError('invalid-request', `${file.name} is not valid JSON: ${messageOf(error)}`);
  }
}
