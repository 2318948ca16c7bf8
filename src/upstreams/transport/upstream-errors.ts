/** What is told to a client when an upstream refuses a request, or fails. */
import { type ErrorCode, OllamaError } from '../../base/errors.ts';

/** How the failure of one attempt is dealt with. */
export interface Failure {
  readonly error: OllamaError;
  /** Whether another upstream might answer. */
  readonly mayRetry: boolean;
  /** Whether the upstream is at fault, which counts against it. */
  readonly isFault: boolean;
  /** Milliseconds for which it asks to be left alone; absent = it does not. */
  readonly restMs?: number;
}

const BAD_GATEWAY = 502;
const GATEWAY_TIMEOUT = 504;
/** Anthropic's status for "overloaded". */
const OVERLOADED = 529;
const MILLISECONDS = 1000;

interface Mapped {
  readonly code: ErrorCode;
  readonly status?: number;
  /** Its text says what is wrong with the request, and is repeated. */
  readonly repeats: boolean;
}

/** By status; whatever is not listed is a fault of the upstream. */
const mapped: Readonly<Record<number, Mapped>> = {
  400: { code: 'invalid-request', repeats: true },
  404: { code: 'not-found', repeats: true },
  409: { code: 'invalid-request', repeats: true },
  413: { code: 'too-large', repeats: true },
  422: { code: 'invalid-request', repeats: true },
  429: { code: 'rate-limited', repeats: true },
  503: { code: 'busy', repeats: true },
  [OVERLOADED]: { code: 'busy', repeats: true },
};

const refusals: Readonly<Record<number, string>> = {
  401: 'it does not accept its key: correct key_file or key_env of the config file',
  402: 'its account has no credit left',
  403: 'it does not allow this request with its key',
};

interface RefusedReply {
  readonly status: number;
  /** The text of its error document; "" = none. */
  readonly text: string;
  readonly retryAfter: string | undefined;
}

/** @param now the time of day in milliseconds since the epoch */
export function statusFailure(name: string, reply: RefusedReply, now: number): Failure {
  const { status, text } = reply;
  const known = mapped[status];
  const retryAfter = plainRetryAfter(reply.retryAfter);
  const said = (known?.repeats ?? !(status in refusals)) ? text : '';
  const reason = said || refusals[status] || (isRedirect(status) ? redirected(status) : `status ${status}`);
  const error = new OllamaError(known?.code ?? 'upstream', `upstream "${name}": ${reason}`, {
    ...(!known && { status: status === 408 || status === GATEWAY_TIMEOUT ? GATEWAY_TIMEOUT : BAD_GATEWAY }),
    ...(retryAfter !== undefined && { headers: { 'Retry-After': retryAfter } }),
  });
  const isRequestsFault = known?.code === 'invalid-request' || known?.code === 'too-large';
  const restMs = status === 429 || status === 503 ? restOf(retryAfter, now) : undefined;
  return {
    error,
    mayRetry: !isRequestsFault,
    isFault: status >= 500 || status in refusals || isRedirect(status),
    ...(restMs !== undefined && { restMs }),
  };
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function redirected(status: number): string {
  return `it answered with a redirect (status ${status}), which is not followed: correct its url in the config file`;
}

/** As in RFC 9110, section 5.6.7, without its older forms. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Seconds or a date; anything else is not passed on. */
function plainRetryAfter(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,6}$/.test(text) || httpDate.test(text) ? text : undefined;
}

function restOf(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  const milliseconds = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * MILLISECONDS
    : Date.parse(retryAfter) - now;
  return milliseconds > 0 ? milliseconds : undefined;
}

/** Texts of system errors that say more than their code. */
const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses connections',
  ENOTFOUND: 'its host does not exist',
  EAI_AGAIN: 'its host name cannot be resolved now',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  ECONNRESET: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_OVERFLOW: 'its headers are too long',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'its reply is too long',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'nobody trusted has signed its certificate: name its authority in `ca`',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody trusted has signed its certificate: name its authority in `ca`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody trusted has signed its certificate: name its authority in `ca`',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** The failure of a connection, or of a reply that broke off. */
export function connectionFailure(name: string, error: unknown): Failure {
  if (error instanceof OllamaError) {
    const { code, message, status } = error;
    const named = message.startsWith('upstream "') ? message : `upstream "${name}": ${message}`;
    return { error: new OllamaError(code, named, { status, cause: error }), mayRetry: true, isFault: true };
  }
  const code = codeOf(error);
  const reason = causes[code] ?? (code === '' ? 'the connection failed' : `the connection failed (${code})`);
  const status = code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT' ? GATEWAY_TIMEOUT : BAD_GATEWAY;
  return {
    error: new OllamaError('upstream', `upstream "${name}": ${reason}`, { status, cause: error }),
    mayRetry: true,
    isFault: true,
  };
}

/** The code of an error, or of one of those that it combines: a host may have several addresses. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? '' : codeOf(error.cause);
}

const silences = {
  begin: 'did not begin to answer within',
  middle: 'was silent in its answer for',
  progress: 'sent nothing of its answer, only signs of life, for',
};

export type Silence = keyof typeof silences;

export function silence(name: string, milliseconds: number, when: Silence): OllamaError {
  const seconds = Math.round(milliseconds / 100) / 10;
  return new OllamaError('upstream', `upstream "${name}": it ${silences[when]} ${seconds} s`, {
    status: GATEWAY_TIMEOUT,
  });
}
