import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import type { ProxyServer } from './proxy.ts';

/** How a request went out. */
export interface NetworkRoute {
  readonly url: URL;
  readonly proxy: ProxyServer | undefined;
}

/** OpenSSL's words for a chain that ends in nobody we know (X509_V_ERR_…). */
const unknownAuthorityCodes = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** Other certificates that stay wrong however often one tries. */
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
 * What `fetch` threw, said so that a person can act on it. What may pass by itself stays a TypeError with a cause,
 * as `fetch` throws it, so that it is tried again; what only another setting can change becomes an OllamaError.
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
    const message = `could not reach the proxy ${route.proxy.origin} of ${route.proxy.variable}: ${reason(cause)}`;
    return new TypeError(error.message, { cause: new Error(message, { cause }) });
  }
  return error;
}

/** Undici only says it in words: "Proxy response (403) …" below a cancellation, "Proxy Authentication Required (407)". */
function refusedStatus(cause: unknown): number | undefined {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  const status = /^Proxy [A-Za-z ]+\((\d{3})\)/.exec(messageOf(inner))?.[1];
  return status === undefined ? undefined : Number(status);
}

/** What a proxy's own error status means for a request to the URL. */
export function proxyRefusal(
  status: number,
  { origin, variable, authorization }: ProxyServer,
  url: URL,
): Error {
  if (status === 407) {
    const message =
      authorization === undefined
        ? `the proxy ${origin} asks for a user name and a password (407): put them into ${variable}, as in http://user:password@proxy.example:3128`
        : `the proxy ${origin} refused the user name or the password in ${variable} (407)`;
    return new OllamaError('upstream', message);
  }
  const message = `the proxy ${origin} of ${variable} answered ${status} instead of a connection to ${url.host}`;
  if (status >= 500 || status === 429) return new TypeError('fetch failed', { cause: new Error(message) });
  return new OllamaError('upstream', message);
}

function certificateProblem(cause: unknown, { url, proxy }: NetworkRoute): string | undefined {
  const inner = systemCode(cause) === 'UND_ERR_PRX_TLS' && cause instanceof Error ? cause.cause : cause;
  const code = systemCode(inner) ?? '';
  const other = proxy?.origin.startsWith('https:') ? `, or of the proxy ${proxy.origin},` : '';
  const whose = `the certificate of ${url.host}${other}`;
  if (unknownAuthorityCodes.has(code)) {
    return `${whose} is signed by an authority that is unknown here (${code}): name the file of the authority's certificate in SSL_CERT_FILE and start the server again`;
  }
  return badCertificateCodes.has(code) ? `${whose} is not valid: ${reason(inner)} (${code})` : undefined;
}

function reason(cause: unknown): string {
  return messageOf(cause instanceof AggregateError ? cause.errors[0] : cause);
}
