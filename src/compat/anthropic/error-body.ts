import type { OllamaError } from '../../base/errors.ts';

const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};

/** Builds `{"type": "error", "error": {type, message}, "request_id"}`. */
export function anthropicError(
  { status, message }: Pick<OllamaError, 'status' | 'message'>,
  requestId: string,
): object {
  return { type: 'error', error: { type: types[status] ?? 'api_error', message }, request_id: requestId };
}
