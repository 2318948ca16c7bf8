import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { textOf } from './fields.ts';

/** Characters of an upstream's text that an error repeats. */
const MAX_MESSAGE = 1000;

/** The text of an error document: of OpenAI's, Anthropic's and Ollama's APIs, and of FastAPI and proxies. */
export function errorText(document: JsonObject): string {
  const { error, detail } = document;
  const found =
    (isJsonObject(error) ? textOf(error, 'message') : textOf(document, 'error')) ||
    textOf(document, 'message') ||
    (typeof detail === 'string' ? detail : '');
  return found.slice(0, MAX_MESSAGE);
}

/** Some servers write `"error": null` into each chunk. */
export function reportsError({ error }: JsonObject): boolean {
  return error !== undefined && error !== null;
}

/** The error that a stream reports in the place of its next piece. */
export function reportedError(document: JsonObject): OllamaError {
  const text = errorText(document) || 'it reported an error';
  return new OllamaError('upstream', text, { status: 502 });
}

export function brokenOff(): OllamaError {
  return new OllamaError('upstream', 'it ended the connection in the middle of its answer', { status: 502 });
}
