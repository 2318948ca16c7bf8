/**
 * The one error base. Code that refuses a request throws an `OllamaError`; the HTTP server renders it once per
 * dialect, the command line prints its message. Anything else that is thrown is a bug and becomes `internal`.
 */

/** Every kind of failure a client may see, with the HTTP status it maps to unless the thrower names another. */
const statusByCode = {
  'invalid-request': 400,
  'prompt-too-long': 400,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'too-large': 413,
  canceled: 499,
  internal: 500,
  'load-failed': 500,
  'runner-failed': 500,
  upstream: 500,
  'storage-full': 500,
  busy: 503,
} as const;

/** The kind of a failure. */
export type ErrorCode = keyof typeof statusByCode;

export interface ErrorOptions {
  /** HTTP status, where it differs from the code's own. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** A failure that a user can cause or mend; its message is meant for people. */
export class OllamaError extends Error {
  override readonly name = 'OllamaError';
  readonly code: ErrorCode;
  /** HTTP status for the error's rendering. */
  readonly status: number;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? statusByCode[code];
  }
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for the errors that an aborted `AbortSignal` makes, and for our own `canceled`. */
export function isCancellation(error: unknown): boolean {
  if (error instanceof OllamaError) return error.code === 'canceled';
  return error instanceof Error && error.name === 'AbortError';
}

/** The `code` of a Node system error ("ENOENT"), if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Throws `canceled` when the signal is aborted. */
export function throwIfCanceled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new OllamaError('canceled', 'request canceled');
}
