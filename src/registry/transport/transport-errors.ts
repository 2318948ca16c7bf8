import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import type { ProxyServer } from './proxy.ts';

/** The route that a request took. */
export interface NetworkRoute {
  readonly url: URL;
  readonly proxy: ProxyServer | undefined;
}

/** OpenSSL codes for a chain that ends at an unknown authority (X509_V_ERR_…). */
const unknownAuthorityCodes = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** Codes of other invalid certificates, for which a retry does not help. */
const badCertificateCodes = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const unreachableCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Rewords what `fetch` threw so that the user can act on it. A failure that may be temporary stays a TypeError with a
 * cause, as `fetch` throws it, and is retried; one that only a changed setting can fix becomes an OllamaError.
 */
export function explainFailure(error: unknown, route: NetworkRoute): unknown {
  if (!(error instanceof TypeError) || error.cause === undefined) return error;
  const { cause } = error;
  if (cause instanceof OllamaError) return cause;
  const status = refusedStatus(cause);
  if (status !== undefined && route.proxy) return proxyRefusal(status, route.proxy, route.url);
  const certificate = certificateProblem(cause, route);
  if (certificate !== undefined) return new OllamaError('upstream', certificate, { cause: error });
  if (route.proxy && unreachableCodes.has(systemCode(cause) ?? '')) {
    const message = `could not reach the proxy ${route.proxy.origin} from ${route.proxy.variable}: ${reason(cause)}`;
    return new TypeError(error.message, { cause: new Error(message, { cause }) });
  }
  return error;
}

/** Undici only reports it in text: "Proxy response (403) …" below a cancellation, "Proxy Authentication Required (407)". */
function refusedStatus(cause: unknown): number | undefined {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  const status = /^Proxy [A-Za-z ]+\((\d{3})\)/.exec(messageOf(inner))?.[1];
  return status === undefined ? undefined : Number(status);
}

/** Explains a proxy's own error status for a request to the URL. */
export function proxyRefusal(
  status: number,
  { origin, variable, authorization }: ProxyServer,
  url: URL,
): Error {
  if (status === 407) {
    const message =
      authorization === undefined
        ? `the proxy ${origin} requires a user name and a password (407): include them in ${variable}, for example http://user:password@proxy.example:3128`
        : `the proxy ${origin} refused the user name or the password in ${variable} (407)`;
    return new OllamaError('upstream', message);
  }
  const message = `the proxy ${origin} from ${variable} answered ${status} instead of connecting to ${url.host}`;
  if (status >= 500 || status === 429) return new TypeError('fetch failed', { cause: new Error(message) });
  return new OllamaError('upstream', message);
}

function certificateProblem(cause: unknown, { url, proxy }: NetworkRoute): string | undefined {
  const inner = systemCode(cause) === 'UND_ERR_PRX_TLS' && cause instanceof Error ? cause.cause : cause;
  const code = systemCode(inner) ?? '';
  const other = proxy?.origin.startsWith('https:') ? `, or of the proxy ${proxy.origin},` : '';
  const whose = `the certificate of ${url.host}${other}`;
  if (unknownAuthorityCodes.has(code)) {
    return `${whose} is signed by an unknown authority (${code}): set SSL_CERT_FILE to a file with the authority's certificate and restart the server`;
  }
  return badCertificateCodes.has(code) ? `${whose} is not valid: ${reason(inner)} (${code})` : undefined;
}

function reason(cause: unknown): string {
  return messageOf(cause instanceof AggregateError ? cause.errors[0] : cause);
}
