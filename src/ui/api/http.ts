/** Requests to the server of this page. */
import { csrfToken, noteRefusal } from './session.ts';

/** A reply other than a success, or none at all. */
export class ApiError extends Error {
  /** 0 = the server did not answer. */
  readonly status: number;
  /** Seconds to wait before the next try, if the server named them. */
  readonly retryAfter: number | undefined;

  constructor(message: string, status: number, retryAfter?: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'HEAD';
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The status of a request that got no reply. */
const NO_REPLY = 0;

/**
 * Sends a request and returns the reply if it is a success.
 * @throws ApiError with the server's own message; DOMException `AbortError`
 */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = options.body === undefined ? 'GET' : 'POST', body, signal } = options;
  const token = csrfToken();
  const headers: Record<string, string> = {
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(token !== undefined && { 'X-CSRF-Token': token }),
    ...options.headers,
  };
  const init: RequestInit = { method, headers, ...(signal && { signal }) };
  if (body !== undefined) init.body = JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(error instanceof Error ? error.message : String(error), NO_REPLY);
  }
  if (response.ok) return response;
  throw await refusal(response);
}

/** Sends a request and returns the JSON of its reply. @throws as `send` */
export async function request<Reply>(path: string, options?: RequestOptions): Promise<Reply> {
  return (await (await send(path, options)).json()) as Reply;
}

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text();
  const message = messageOf(text) ?? `${response.status} ${response.statusText}`;
  if (response.status === 401) noteRefusal(message);
  const seconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return new ApiError(message, response.status, Number.isFinite(seconds) ? seconds : undefined);
}

function messageOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? error : undefined;
  } catch {
    return text === '' ? undefined : text.slice(0, 500);
  }
}
