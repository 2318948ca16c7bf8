/** What a request needs to reach the server: a URL, or a socket file, and for https whom to trust. */
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { messageOf, OllamaError } from '../base/errors.ts';

const UNIX_PREFIX = 'unix://';
/** The Host header of requests over a socket file. */
const UNIX_ORIGIN = 'http://localhost';

/** PEM files, for servers whose certificate a private authority has signed, or that ask for one of the client. */
export interface ClientTls {
  /** Authorities to trust besides those of Node. */
  readonly authority?: string;
  readonly certificate?: string;
  /** Private key of the certificate; absent = it is in the same file. */
  readonly key?: string;
}

/** Where a request goes. */
export interface RequestTarget {
  readonly url: URL;
  readonly options: Pick<RequestOptions, 'socketPath' | 'ca' | 'cert' | 'key'>;
}

/**
 * @param baseUrl "http://…", "https://…" or "unix:///path/of/socket"
 * @param path of the route
 * @throws OllamaError `invalid-request` for a file that cannot be read
 */
export async function requestTarget(
  baseUrl: string,
  path: string,
  tls: ClientTls = {},
): Promise<RequestTarget> {
  if (baseUrl.startsWith(UNIX_PREFIX)) {
    return { url: new URL(UNIX_ORIGIN + path), options: { socketPath: baseUrl.slice(UNIX_PREFIX.length) } };
  }
  const url = new URL(baseUrl.replace(/\/$/, '') + path);
  return { url, options: url.protocol === 'https:' ? await readTls(tls) : {} };
}

async function readTls({ authority, certificate, key }: ClientTls): Promise<RequestTarget['options']> {
  return {
    ...(authority && { ca: await authoritiesWith(authority) }),
    ...(certificate && {
      cert: await read('OLLAMA_TLS_CLIENT_CERT', certificate),
      key: await read('OLLAMA_TLS_CLIENT_KEY', key || certificate),
    }),
  };
}

/** A list of one's own replaces Node's, those of NODE_EXTRA_CA_CERTS too, so that both are needed. */
async function authoritiesWith(path: string): Promise<(string | Buffer)[]> {
  const tls = await import('node:tls');
  const extra = process.env.NODE_EXTRA_CA_CERTS;
  const others = extra ? [await read('NODE_EXTRA_CA_CERTS', extra)] : [];
  return [...tls.rootCertificates, ...others, await read('OLLAMA_TLS_CA', path)];
}

async function read(variable: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new OllamaError('invalid-request', `${variable}: ${messageOf(error)}`, { cause: error });
  }
}
