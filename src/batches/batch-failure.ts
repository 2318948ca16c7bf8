import { messageOf, OllamaError } from '../base/errors.ts';

/** What clients are told. Unexpected errors may name files of this machine. */
export function failureOf(error: unknown): { readonly code: string; readonly message: string } {
  const code = error instanceof OllamaError ? error.code : 'internal';
  if (code === 'unauthorized') return { code: 'invalid_api_key', message: messageOf(error) };
  if (code === 'object-not-found') return { code: 'file_not_found', message: messageOf(error) };
  if (code === 'invalid-request') return { code: 'invalid_file', message: messageOf(error) };
  return { code: 'internal_error', message: 'internal error, see the server log' };
}
