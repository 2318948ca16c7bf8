/**
 * The one error base. Code that rejects a request throws an `OllamaError`; the HTTP server renders it once per dialect,
 * and the command line prints its message. Anything else that is thrown is a bug and becomes `internal`.
 */

/** Every kind of failure that a client may see, with its HTTP status unless the thrower sets another. */
const statusByCode = {
  'invalid-request': 400,
  'prompt-too-long': 400,
  /** The request kept a model computing for too long. */
  overrun: 400,
  /** The request needs an API key, or its key is not valid. */
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  /** What is missing is no model but something that a client made, such as a file or a batch. */
  'object-not-found': 404,
  'method-not-allowed': 405,
  'too-large': 413,
  'rate-limited': 429,
  canceled: 499,
  internal: 500,
  'load-failed': 500,
  'runner-failed': 500,
  upstream: 500,
  'storage-full': 500,
  'storage-read-only': 500,
  busy: 503,
} as const;

/** The kind of a failure. */
export type ErrorCode = keyof typeof statusByCode;

export interface ErrorOptions {
  /** HTTP status, if it differs from the code's default. */
  readonly status?: number;
  readonly cause?: unknown;
  /** Headers of the reply, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A failure that a user can cause or mend; its message is meant for people. */
export class OllamaError extends Error {
  override readonly name = 'OllamaError';
  readonly code: ErrorCode;
  /** HTTP status of the response. */
  readonly status: number;
  /** Headers of the response. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? statusByCode[code];
    this.headers = options.headers ?? {};
  }
}

/** Returns the message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for the error of an aborted `AbortSignal` and for our own `canceled`. */
export function isCancellation(error: unknown): boolean {
  if (error instanceof OllamaError) return error.code === 'canceled';
  return error instanceof Error && error.name === 'AbortError';
}

/** Returns the `code` of a Node system error ("ENOENT"), if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** @throws OllamaError `canceled` when the signal is aborted */
export function throwIfCanceled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new OllamaError('canceled', 'request canceled');
}
