import type { Standings } from '../../access/limits/key-budgets.ts';
import { OllamaError } from '../../base/errors.ts';
import { anthropicError } from '../../compat/anthropic/error-body.ts';
import { anthropicLimitHeaders } from '../../compat/anthropic/limit-headers.ts';
import { openAiError } from '../../compat/openai/error-body.ts';
import { openAiLimitHeaders } from '../../compat/openai/limit-headers.ts';
import { requestId } from '../request/request-id.ts';
import type { RequestContext } from '../server-parts.ts';
import { errorReply } from './http-reply.ts';

/** The error format of a group of paths. */
export interface Dialect {
  errorBody(error: OllamaError, requestId: string): object;
  /** The name that this dialect has for the header `X-Request-Id`. */
  readonly idHeader?: string;
  /** Tells how much of its limits a key has left; absent = as OpenAI's API does. */
  limitHeaders?(standings: Standings): Record<string, string>;
}

const native: Dialect = { errorBody: ({ message }) => ({ error: message }) };
export const openAi: Dialect = { errorBody: openAiError };

export const anthropic: Dialect = {
  errorBody: anthropicError,
  idHeader: 'request-id',
  limitHeaders: (standings) => anthropicLimitHeaders(standings, Date.now()),
};

/** Error codes of the OCI distribution protocol, by status. */
const ociCodes: Readonly<Record<number, string>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NOT_FOUND',
  429: 'TOOMANYREQUESTS',
};

/** The error format of the OCI distribution protocol. */
const oci: Dialect = {
  errorBody: ({ status, message }) => ({
    errors: [{ code: ociCodes[status] ?? (status < 500 ? 'UNSUPPORTED' : 'UNKNOWN'), message }],
  }),
};

/** Dialects by path prefix; the first match counts. */
const byPrefix: readonly (readonly [prefix: string, dialect: Dialect])[] = [
  ['/v1/messages', anthropic],
  ['/v1/', openAi],
  ['/v2/', oci],
];

function dialectOf(path: string): Dialect {
  return byPrefix.find(([prefix]) => path.startsWith(prefix))?.[1] ?? native;
}

export function isNative(path: string): boolean {
  return dialectOf(path) === native;
}

/** The reply to a request that is refused or fails before its answer begins. */
export function dialectError(context: RequestContext, error: OllamaError): Response {
  return errorReply(error, dialectOf(context.req.path).errorBody(shortened(error), requestId(context)));
}

/** Names of the headers in which replies under a path have the ID of their request. */
export function requestIdHeaders(path: string): readonly string[] {
  const { idHeader } = dialectOf(path);
  return idHeader === undefined ? ['X-Request-Id'] : ['X-Request-Id', idHeader];
}

/** The headers of a reply under a path that tell how much of its limits a key has left. */
export function limitHeaders(path: string, standings: Standings): Readonly<Record<string, string>> {
  return dialectOf(path).limitHeaders?.(standings) ?? openAiLimitHeaders(standings);
}

/** Texts of errors quote the request, whose values may be as long as a body. */
const MAX_MESSAGE_LENGTH = 10_000;

function shortened(error: OllamaError): OllamaError {
  if (error.message.length <= MAX_MESSAGE_LENGTH) return error;
  const { code, message, status, cause, headers } = error;
  const half = MAX_MESSAGE_LENGTH / 2;
  // What is wrong is said before or after the quotation.
  const text = `${message.slice(0, half)} … ${message.slice(-half)}`;
  return new OllamaError(code, text, { status, cause, headers });
}
