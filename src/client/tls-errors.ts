import { OllamaError } from '../base/errors.ts';

/** Codes of OpenSSL's verification of a chain, as Node names them. */
const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** A server refuses the client's certificate, or its absence, with one of these alerts (RFC 8446, section 6.2). */
const REFUSED_CLIENT =
  /alert (?:certificate required|bad certificate|unknown ca|certificate expired|handshake failure)|certificate_required/i;

/** @returns an error that says what to set; undefined for errors that TLS has not caused */
export function explainTls(error: Error, code: string): OllamaError | undefined {
  const reason = reasonOf(error, code);
  return reason === undefined ? undefined : new OllamaError('upstream', reason, { cause: error });
}

function reasonOf({ message }: Error, code: string): string | undefined {
  if (unknownAuthority.has(code)) {
    return `the server's certificate is signed by an unknown authority (${code}): set OLLAMA_TLS_CA to a file with the authority's certificate`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `the server's certificate is for another name: ${message}`;
  if (code === 'CERT_HAS_EXPIRED') return "the server's certificate has expired: replace it on the server";
  // Depending on the moment, Node names the error of OpenSSL or that of the system call.
  if (code !== 'EPROTO' && !code.startsWith('ERR_SSL_')) return undefined;
  if (/wrong version number|packet length too long/i.test(message)) {
    return 'the server does not speak HTTPS at this address: begin OLLAMA_HOST with http://';
  }
  if (REFUSED_CLIENT.test(message)) {
    return 'the server accepts only clients with a certificate of its authorities: set OLLAMA_TLS_CLIENT_CERT and OLLAMA_TLS_CLIENT_KEY';
  }
  return undefined;
}
