import { messageOf, OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { readSource } from '../read-source.ts';
import type { SourceFile } from '../source-file.ts';

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
  const bytes = await readSource(file, maxBytes);
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OllamaError('invalid-request', `${file.name} is not valid JSON: ${messageOf(error)}`);
  }
}
