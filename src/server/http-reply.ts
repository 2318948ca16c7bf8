import type { ErrorResponse } from '../api/common.ts';
import type { OllamaError } from '../base/errors.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

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

/** The native dialect's error: `{"error":"text"}`. */
export function errorReply(error: Pick<OllamaError, 'message' | 'status'>): Response {
  const body: ErrorResponse = { error: error.message };
  return new Response(JSON.stringify(body), { status: error.status, headers: { 'Content-Type': JSON_TYPE } });
}
