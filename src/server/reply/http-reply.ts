import type { OllamaError } from '../../base/errors.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';

export function jsonReply(value: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), { headers: { 'Content-Type': JSON_TYPE, ...headers } });
}

export function textReply(
  text: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(text, { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers } });
}

const UNAVAILABLE = 503;
/**
 * Seconds until a client may retry. By then a full queue has moved on; after a crash, the retry starts a new runner.
 */
const RETRY_AFTER_SECONDS = 1;

/** @param body in the error format of the dialect */
export function errorReply(
  { status, headers }: Pick<OllamaError, 'status'> & Partial<Pick<OllamaError, 'headers'>>,
  body: object,
): Response {
  const all = {
    'Content-Type': JSON_TYPE,
    ...(status === UNAVAILABLE && { 'Retry-After': String(RETRY_AFTER_SECONDS) }),
    ...headers,
  };
  return new Response(JSON.stringify(body), { status, headers: all });
}
