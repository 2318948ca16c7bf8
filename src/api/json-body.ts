import { OllamaError } from '../base/errors.ts';
import { type JsonShape, MAX_JSON_PARTS, measureJson } from './json-shape.ts';

/** Refuses invalid UTF-8, because replacing the damaged bytes would silently lose text. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Parses the first JSON value of a request body and ignores anything after it, as Go's decoder does.
 * @param shape of these bytes
 * @throws OllamaError `invalid-request` for an empty body, bad JSON, or bytes that are not UTF-8
 */
export function decodeJson(bytes: Uint8Array, shape: JsonShape = measureJson(bytes)): unknown {
  const text = decodeText(bytes.subarray(0, shape.end));
  if (text.trim() === '') throw new OllamaError('invalid-request', 'missing request body');
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new OllamaError('invalid-request', `invalid JSON: ${reason}`, { cause: error });
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new OllamaError('invalid-request', 'the request body is not valid UTF-8', { cause: error });
  }
}

/** Parses JSON inside of texts of one request, which together may have as many parts as a request itself. */
export class NestedJson {
  #partsLeft = MAX_JSON_PARTS;

  /** @throws OllamaError `invalid-request` beyond the limits of `measureJson`; SyntaxError for what is not JSON */
  parse(text: string): unknown {
    this.#partsLeft -= measureJson(Buffer.from(text), this.#partsLeft).parts;
    return JSON.parse(text);
  }
}
