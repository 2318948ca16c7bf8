import type { OllamaError } from '../../base/errors.ts';

const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'invalid_request_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  413: 'invalid_request_error',
  429: 'rate_limit_error',
};

/** Error codes that clients of this API check, keyed by our own codes. */
const codes: Readonly<Partial<Record<OllamaError['code'], string>>> = {
  'prompt-too-long': 'context_length_exceeded',
  'not-found': 'model_not_found',
  unauthorized: 'invalid_api_key',
  'rate-limited': 'rate_limit_exceeded',
};

/** Builds `{"error": {message, type, param, code}}`. */
export function openAiError({
  status,
  message,
  code,
}: Pick<OllamaError, 'status' | 'message' | 'code'>): object {
  const field = /^field "([^"]+)"/.exec(message)?.[1] ?? null;
  // As OpenAI answers for a missing file or batch.
  const type = code === 'object-not-found' ? 'invalid_request_error' : types[status];
  const error = { message, type: type ?? 'api_error', param: field, code: codes[code] ?? null };
  return { error };
}
