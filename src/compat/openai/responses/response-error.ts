import type { OllamaError } from '../../../base/errors.ts';

export interface ResponseError {
  /** A code of the Responses API. */
  readonly code: 'server_error' | 'invalid_prompt';
  readonly message: string;
}

const promptErrors: ReadonlySet<OllamaError['code']> = new Set(['prompt-too-long', 'invalid-request']);

/** The error of a `response.failed` event. */
export function responseError({ code, message }: Pick<OllamaError, 'code' | 'message'>): ResponseError {
  return { code: promptErrors.has(code) ? 'invalid_prompt' : 'server_error', message };
}
