/** Opens one listener: a port, a socket file, or a socket that the service manager has opened. */
import { createServer as createPlainServer, type Server as PlainServer, type ServerOptions } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { type AddressInfo, BlockList, isIPv6 } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { OllamaError, systemCode } from '../../base/errors.ts';
import type { TcpAddress } from '../../config/listener-address.ts';
import type { Arrival } from './arrivals.ts';
import type { InheritedSocket } from './inherited-sockets.ts';
import { isSecure, type Listener, listenerText } from './listeners.ts';
import type { CertificateContent } from './tls/certificate-files.ts';
import { HANDSHAKE_LIMIT_MS } from './tls/handshakes.ts';
import { openUnixSocket } from './unix-socket.ts';

export type HttpServer = PlainServer | SecureServer;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** @param content of the certificate; required for a listener that speaks TLS */
export function createHttpServer(
  listener: Listener,
  options: ServerOptions,
  content: CertificateContent | undefined,
): HttpServer {
  if (!isSecure(listener)) return createPlainServer(options);
  if (!content) throw new OllamaError('internal', `${listenerText(listener)} needs a certificate`);
  const needsClient = content.ca !== undefined;
  return createSecureServer({
    ...options,
    ...secureContextOf(content),
    handshakeTimeout: HANDSHAKE_LIMIT_MS,
    requestCert: needsClient,
    rejectUnauthorized: needsClient,
  });
}

/** TLS 1.0 and 1.1 are deprecated (RFC 8996). */
export function secureContextOf(content: CertificateContent): SecureContextOptions {
  return { ...content, minVersion: 'TLSv1.2' };
}

export function isSecureServer(server: HttpServer): server is SecureServer {
  return 'setSecureContext' in server;
}

/** @throws OllamaError with a clear text when the listener cannot be opened */
export async function openListener(server: HttpServer, listener: Listener): Promise<void> {
  if (listener.kind === 'unix') return openUnixSocket(server as PlainServer, listener);
  const where =
    listener.kind === 'inherited'
      ? { fd: listener.descriptor }
      : { port: listener.port, ...(listener.host !== '' && { host: listener.host }) };
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error) => reject(explain(error, listener));
    server.once('error', fail);
    server.listen(where, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

/** What is known of the connections of an open listener. */
export function arrivalBy(server: HttpServer): Arrival {
  const address = server.address();
  // The socket file of the service manager has no address that Node knows.
  if (address === null || typeof address === 'string') return { isUnix: true, needsLocalName: true };
  return {
    isUnix: false,
    needsLocalName: loopback.check(address.address, isIPv6(address.address) ? 'ipv6' : 'ipv4'),
  };
}

/** Whether programs on other machines reach an open listener without proof of who they are. */
export function isReachable(server: HttpServer, content: CertificateContent | undefined): boolean {
  // A listener of the loopback address, or with a file, needs a local name.
  if (arrivalBy(server).needsLocalName) return false;
  return !(isSecureServer(server) && content?.ca !== undefined);
}

/** With the port in use, for example "http://127.0.0.1:11434"; for a socket file "unix:///run/ollama.sock". */
export function openUrl(server: HttpServer, listener: Listener): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return listenerText(listener);
  const { address: host, port, family } = address;
  return `${isSecure(listener) ? 'https' : 'http'}://${family === 'IPv6' ? `[${host}]` : host}:${port}`;
}

/** 0 for a socket file. */
export function openPort(server: HttpServer): number {
  const address: AddressInfo | string | null = server.address();
  return address === null || typeof address === 'string' ? 0 : address.port;
}

function explain(error: Error, listener: TcpAddress | InheritedSocket): OllamaError {
  const code = systemCode(error) ?? '';
  if (listener.kind === 'inherited') {
    const reason =
      code === 'EBADF' || code === 'EINVAL' || code === 'ENOTSOCK'
        ? 'it is not a listening socket'
        : error.message;
    return new OllamaError('internal', `listen ${listenerText(listener)}: ${reason}`, { cause: error });
  }
  const { host, port } = listener;
  const settings = 'OLLAMA_HOST or OLLAMA_LISTEN';
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `address already in use (another server, perhaps Ollama itself, is running there: stop it or set ${settings})`,
    EACCES: `permission denied (choose a port above 1023 with ${settings})`,
    EADDRNOTAVAIL: `this machine has no such address (correct ${settings})`,
    ENOTFOUND: `unknown host name (correct ${settings})`,
  };
  return new OllamaError('internal', `listen tcp ${host}:${port}: bind: ${reasons[code] ?? error.message}`, {
    cause: error,
  });
}
