import { measureJson } from '../../api/json-shape.ts';
import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';

/** Keys, values and separators of one event: the token IDs of a context of 128k, with room for more. They parse in 20 ms. */
const MAX_PARTS = 400_000;

/**
 * Parses one document of an upstream.
 * @throws OllamaError `upstream` for what is not a JSON object, and for what would be expensive to parse
 */
export function replyObject(bytes: Uint8Array): JsonObject {
  try {
    const { end } = measureJson(bytes, MAX_PARTS);
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('utf8'));
    if (isJsonObject(value)) return value;
  } catch (error) {
    throw malformed(error);
  }
  throw malformed();
}

function malformed(cause?: unknown): OllamaError {
  const reason = cause instanceof OllamaError ? `: ${cause.message}` : '';
  return new OllamaError('upstream', `it sent something that is not the JSON of its API${reason}`, {
    status: 502,
    cause,
  });
}
