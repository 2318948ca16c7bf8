import type { OllamaError } from '../../../base/errors.ts';

export interface ResponseError {
  /** Of the codes that the Responses API has. */
  readonly code: 'server_error' | 'invalid_prompt';
  readonly message: string;
}

const promptErrors: ReadonlySet<OllamaError['code']> = new Set(['prompt-too-long', 'invalid-request']);

/** What `response.failed` says. */
export function responseError({ code, message }: Pick<OllamaError, 'code' | 'message'>): ResponseError {
  return { code: promptErrors.has(code) ? 'invalid_prompt' : 'server_error', message };
}
